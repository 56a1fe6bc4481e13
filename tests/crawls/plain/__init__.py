"""Somebody's own spider, as Scrapy's tutorial has them."""
