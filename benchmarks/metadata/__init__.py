"""What a run records of where it was measured."""
