"""Claims, their requirements and their verdicts."""
