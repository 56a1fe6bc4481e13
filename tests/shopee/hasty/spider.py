"""The same spider, but it does not wait long for a page that never gets its answer."""

from dataclasses import replace

from spiders.shopee.spider import ShopeeSpider


class HastySpider(ShopeeSpider):
    """Give up after a few seconds."""

    name = "hasty"
    recipes = {  # noqa: RUF012 - as the base has it
        name: replace(recipe, time_limit_s=8.0) for name, recipe in ShopeeSpider.recipes.items()
    }
