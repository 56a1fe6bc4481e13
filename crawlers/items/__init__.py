"""The nouns: one module for each domain, plus `base`."""
