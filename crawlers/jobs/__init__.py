"""A job's life: handed in, dispatched, worked on, ended."""
