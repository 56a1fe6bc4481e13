"""One folder for each source: its card, its pages, its spider."""
