"""The first look at a user's own work: what bounds it, and how large its cells should be."""
