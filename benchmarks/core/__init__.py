"""The measurement itself: cells, their selection, rounds, the journal."""
