"""The databases that workloads ask."""
