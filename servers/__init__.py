"""The servers that Overlap measures against, each in a process of its own."""
