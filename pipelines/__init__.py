"""From a harvest to the raw store, then to PostgreSQL."""
