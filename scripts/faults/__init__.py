"""Faults planted in copies of the project."""
