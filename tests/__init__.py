"""Mirrors the folders above, and plants the faults."""
