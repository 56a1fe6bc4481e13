"""The HTTP API: jobs and what is stored, over HTTP."""
