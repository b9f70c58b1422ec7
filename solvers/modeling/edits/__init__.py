"""Changes of a formulation as data: stated by people or by a model, made, shown as a difference, and taken back."""
