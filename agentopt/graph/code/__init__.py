"""Code as a parameter: its contract, what it may use of its surroundings, and how its versions run."""
