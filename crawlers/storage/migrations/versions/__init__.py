"""One file for each migration; its number is its revision."""
