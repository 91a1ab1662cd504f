"""What a run records about the machine, the interpreter and the cluster."""
