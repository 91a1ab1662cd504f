"""The databases that workloads query."""
