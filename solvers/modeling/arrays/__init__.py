"""Statements for all keys at once, as sparse arrays, for solvers that take arrays."""
