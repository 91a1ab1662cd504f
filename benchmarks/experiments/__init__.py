"""What is measured: each file is a grid of cells with one question."""
