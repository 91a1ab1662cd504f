"""Many machines: what each shares of a run, and on how many of them a claim holds."""
