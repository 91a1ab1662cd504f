"""The suite measured against known truth."""
