"""Comparisons and conclusions, from the tables."""
