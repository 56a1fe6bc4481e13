"""Which sources there are, by Scrapy's own spider loader."""

from functools import cached_property
from importlib.util import find_spec

from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoader

from crawlers.spider import SourceSpider


class Sources:
    """The spiders of a project. Each is loaded when it is asked for."""

    def __init__(self, settings: BaseSettings) -> None:
        """Look where *settings* say that spiders are."""
        self._settings = settings
        self._loaded: dict[str, type[SourceSpider]] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all sources, sorted. Loads them all."""
        loader = SpiderLoader.from_settings(self._settings)
        found = (loader.load(name) for name in loader.list())
        self._loaded |= {one.name: one for one in found if issubclass(one, SourceSpider)}
        return tuple(sorted(self._loaded))

    def spider(self, name: str) -> type[SourceSpider]:
        """Return the spider of the source *name*. Raises LookupError, which names those known."""
        if name not in self._loaded and name.isidentifier():
            self._load(name)
        if name not in self._loaded and name not in self.names:
            raise LookupError(f"unknown source {name[:60]!r} (known: {', '.join(self.names)})")
        return self._loaded[name]

    def _load(self, name: str) -> None:
        """Load one source alone, where it is where ours are: others' parsers cost time."""
        for package in self._settings.getlist("SPIDER_MODULES"):
            module = f"{package}.{name}.spider"
            try:
                is_there = find_spec(module) is not None
            except ModuleNotFoundError:
                continue
            if is_there:
                settings = self._settings.copy()
                settings.set("SPIDER_MODULES", [module], "cmdline")
                found = SpiderLoader.from_settings(settings).load(name)
                if issubclass(found, SourceSpider):
                    self._loaded[name] = found
                return
