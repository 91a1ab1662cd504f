"""The life of a run: its plan, its blocks, its environments."""
