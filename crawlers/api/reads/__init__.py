"""What is stored, over HTTP: lists, single things, statistics."""
