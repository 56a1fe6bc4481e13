"""Rendering: pages that only a real browser can read."""
