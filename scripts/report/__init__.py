"""Conclusions and tables as pages, documents and terminal output."""
