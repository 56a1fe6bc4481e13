"""The maze crawled by stock Scrapy on stock scrapy-redis."""
