"""What a fair user of a fast, friendly site would set; the rest is Scrapy's own."""

BOT_NAME = "stock"
SPIDER_MODULES = ["stock.spiders"]
ROBOTSTXT_OBEY = False
CONCURRENT_REQUESTS_PER_DOMAIN = 16
DOWNLOAD_DELAY = 0
LOG_LEVEL = "INFO"
