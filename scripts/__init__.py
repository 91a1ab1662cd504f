"""What is made of the results: each verb of the Makefile is a module here, run as `python -m scripts.<verb>`."""
