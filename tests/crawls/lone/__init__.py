"""A package of plain modules, as Scrapy's template makes it."""
