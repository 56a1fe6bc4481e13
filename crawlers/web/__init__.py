"""The dashboard: what the API knows, as pages for people."""
