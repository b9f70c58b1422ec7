"""A model in the loop: words to a formulation, and programs for what the language cannot say."""
