"""What listens to a crawl: counts, feeds, progress, the record of the crawl."""
