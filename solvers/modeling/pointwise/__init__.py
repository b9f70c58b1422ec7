"""The independent evaluator: statements one key at a time in plain Python, at a point, for the checker."""
