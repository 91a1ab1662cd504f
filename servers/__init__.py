"""What Overlap measures against: servers that run in processes of their own."""
