"""The servers, and what happens when they or their parents fail."""
