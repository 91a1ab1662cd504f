"""The columns that identify a cell in the tables of rounds and cells."""

CELL = ["experiment", "workload", "model", "concurrency", "tasks", "wait_seconds", "compute_seconds"]
CELL_AND_TWIN = [*CELL, "twin"]  # a cell and its A/A control have the same CELL
SAME_WORK = ["workload", "tasks", "wait_seconds", "compute_seconds"]  # of two cells: their seconds may be compared
