"""Prediction from measured costs: what `make advise` recommends."""
