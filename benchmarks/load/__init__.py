"""Load on a server: closed and open loops, and clients of streams."""
