"""How a page is rendered: what to wait for, what to take, when it is blocked. Pure.

A request names a recipe in ``meta["render"]``; the names are those of its spider's `recipes` and
of `RECIPES`. The name is all that a queue, a retry or a log ever holds.
"""

import re
from dataclasses import dataclass

RESOURCE_TYPES = frozenset(
    {
        "stylesheet",
        "image",
        "media",
        "font",
        "script",
        "texttrack",
        "xhr",
        "fetch",
        "eventsource",
        "websocket",
        "manifest",
        "other",
    }
)
"""What a page loads, in Playwright's words (``Request.resource_type``), the document excepted."""

HEAVY = frozenset({"image", "media", "font"})
"""What no parser reads."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to do with one kind of page in the browser.

    *wait_for* is a CSS selector that must become visible; None waits for the page's ``load``.
    *answer* is a regular expression searched for in the addresses of the page's own calls: the
    response then has the page's address and that call's status, headers and body. When it does not
    come, the rendered HTML is the body. *address* is one for the page's own address, where the page
    makes the same call for other things too: in *answer* ``{name}`` is what that group of it found.
    *challenges* are CSS selectors; the page is blocked when an element that matches one is visible.
    *scrolls* is how often to scroll to the end, at most; it stops where the page no longer grows.
    *blocks* are the `RESOURCE_TYPES` that are not loaded. *time_limit_s* bounds all of this.
    """

    wait_for: str | None = None
    answer: str | None = None
    address: str | None = None
    challenges: tuple[str, ...] = ()
    scrolls: int = 0
    blocks: frozenset[str] = HEAVY
    time_limit_s: float = 30.0

    def __post_init__(self) -> None:
        """Raise ValueError for what would only fail in the browser."""
        for name in ("answer", "address"):
            try:
                re.compile(getattr(self, name) or "")
            except re.error as error:
                wrong = f"{name} {getattr(self, name)!r}"
                raise ValueError(f"{wrong} is no regular expression") from error
        if unknown := self.blocks - RESOURCE_TYPES:
            raise ValueError(f"unknown resource types: {', '.join(sorted(unknown))}")
        if self.scrolls < 0 or self.time_limit_s <= 0:
            raise ValueError("scrolls must not be negative, time_limit_s must be positive")

    def answer_for(self, url: str) -> str | None:
        """Return the regular expression for the wanted call of the page at *url*."""
        wanted = self.answer
        found = re.search(self.address, url) if self.address else None
        if wanted is None or found is None:
            return wanted
        for name, value in found.groupdict("").items():
            wanted = wanted.replace(f"{{{name}}}", re.escape(value))
        return wanted


RECIPES = {"page": Recipe()}
"""Recipes that every source may use: ``page`` waits for the page's ``load``."""
