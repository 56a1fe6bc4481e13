"""Placeholder: the card is the source's own."""

import spiders.duelingbook

__doc__ = spiders.duelingbook.__doc__
