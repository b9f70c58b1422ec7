"""The expression language and what it is checked for: names, indices, units of measure."""
