"""What other projects load into their own pytest: a folder of its own, so that nothing else of ours is in their way."""
