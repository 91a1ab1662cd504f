"""Formatting, atomic files, exit codes, processes."""
