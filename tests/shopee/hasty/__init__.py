"""Placeholder: the card is the source's own."""

import spiders.shopee

__doc__ = spiders.shopee.__doc__
