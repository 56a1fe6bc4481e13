"""Which browser context a page opens in, and which contexts are to be closed. Pure bookkeeping."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from crawlers.browser.gate import Way

Visitor = tuple[str | None, str | None]
"""A session's name and its user agent: what shares a context, and so its cookies and cache."""


@dataclass(slots=True, eq=False)
class Context:
    """One browser context: cookies, cache and way out of one visitor."""

    name: str
    visitor: Visitor
    options: dict[str, Any]
    """What the browser is told when it makes the context."""
    way: Way | None = None
    pages: int = 0
    """Pages opened so far."""
    open: int = 0
    """Pages open now."""
    used_at: float = 0.0
    is_spent: bool = False


@dataclass(slots=True, eq=False)
class Contexts:
    """The contexts of one browser: at most *at_most*, each for *pages_each* pages.

    Whoever calls `take` holds one of *at_most* permits for a page until `give_back`; so there is
    always a context that is busy with that page, or one that is idle and can go.
    """

    new: Callable[[Visitor], Context]
    pages_each: int
    at_most: int
    idle_s: float
    _current: dict[Visitor, Context] = field(default_factory=dict)
    _all: dict[Context, None] = field(default_factory=dict)

    def take(self, visitor: Visitor, now: float) -> tuple[Context, list[Context]]:
        """Return the context for the next page of *visitor*, and those to close before it opens."""
        context = self._current.get(visitor)
        gone: list[Context] = []
        if context is None:
            gone = list(self._surplus())
            context = self._current[visitor] = self.new(visitor)
            self._all[context] = None
        context.pages += 1
        context.open += 1
        context.used_at = now
        if context.pages >= self.pages_each:
            self.spend(context)
        return context, gone

    def give_back(self, context: Context, now: float) -> list[Context]:
        """Note that a page of *context* has closed; return the contexts to close now."""
        context.open -= 1
        context.used_at = now
        gone = [
            one
            for one in self._all
            if not one.open and (one.is_spent or now - one.used_at > self.idle_s)
        ]
        for one in gone:
            self._forget(one)
        return gone

    def spend(self, context: Context) -> None:
        """Let no further page open in *context*: it goes when its last page has closed."""
        context.is_spent = True
        if self._current.get(context.visitor) is context:
            del self._current[context.visitor]

    def clear(self) -> list[Context]:
        """Forget all of them, and return them."""
        gone = list(self._all)
        for one in gone:
            self._forget(one)
        return gone

    def _surplus(self) -> Iterator[Context]:
        """Make room for one more: those longest idle go."""
        idle = sorted((one for one in self._all if not one.open), key=lambda one: one.used_at)
        for one in idle[: max(0, len(self._all) - self.at_most + 1)]:
            self._forget(one)
            yield one

    def _forget(self, context: Context) -> None:
        self.spend(context)
        self._all.pop(context, None)
