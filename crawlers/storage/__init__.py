"""PostgreSQL, the raw store, and what they need. Knows no spider and no Scrapy."""
