"""Backups of the database: dumped in one snapshot, stored, compared table by table, restored."""
