"""A trace as data and as text: its steps and their names, what a reader gets to see, and drawings."""
