"""Statistics: arrays in, dataclasses out."""
