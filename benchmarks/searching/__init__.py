"""What the benchmarks of the search share."""
