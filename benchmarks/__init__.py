"""What is measured: models, workloads, experiments and the claims about them."""
