"""An ordinary Scrapy project, as its tutorial would have it."""
