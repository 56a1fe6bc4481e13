"""The same spider, but it does not wait long for a page that never gets its answer."""

from dataclasses import replace

from spiders.duelingbook.spider import DuelingBookSpider


class HastySpider(DuelingBookSpider):
    """Give up after a few seconds."""

    name = "hasty"
    recipes = {  # noqa: RUF012 - as the base has it
        name: replace(recipe, time_limit_s=7.0)
        for name, recipe in DuelingBookSpider.recipes.items()
    }
