"""Tests of what is made of the results: `scripts`."""
