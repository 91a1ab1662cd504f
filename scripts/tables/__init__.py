"""Raw files read and made into tables."""
