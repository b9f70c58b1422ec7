"""A formulation in the words of other tools."""
