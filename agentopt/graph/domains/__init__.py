"""Domains of parameters: what values there are, how a model reads and writes them, and patches of texts."""
