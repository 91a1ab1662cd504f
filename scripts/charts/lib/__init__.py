"""Parts shared by several charts."""
