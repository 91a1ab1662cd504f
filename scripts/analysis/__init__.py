"""What follows from the tables: comparisons and conclusions."""
