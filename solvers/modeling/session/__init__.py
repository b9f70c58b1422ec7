"""A conversation about one problem: formulated, solved, questioned, changed, taken back, kept in a file."""
