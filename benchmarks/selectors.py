"""Engines that read HTML: a page of 60 cards, 5 fields each, all giving the same values."""

import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import chain
from typing import Any, cast

import parsel
from cssselect import HTMLTranslator
from lxml import etree
from selectolax.lexbor import LexborHTMLParser

from benchmarks.listing import listing
from benchmarks.measure import Comparison, Series, in_turns
from crawlers.html import HtmlPage

CARD = "li.product-card"
FIELDS = ("a.name", ".price .now", ".stars", ".votes")
PATHS = (
    './/a[@class="name"]',
    './/*[@class="price"]//*[@class="now"]',
    './/*[@class="stars"]',
    './/*[@class="votes"]',
)
Cards = list[tuple[str | None, ...]]


def parsel_css(body: bytes) -> Cards:
    """Read with the selectors of every Scrapy tutorial."""
    cards = parsel.Selector(body=body).css(CARD)
    return [
        (card.attrib["data-sku"], *(card.css(f"{field}::text").get() for field in FIELDS))
        for card in cards
    ]


def parsel_xpath(body: bytes) -> Cards:
    """Read with parsel and paths written by hand."""
    cards = parsel.Selector(body=body).xpath('//li[contains(@class, "product-card")]')
    return [
        (card.attrib["data-sku"], *(card.xpath(f"{path}/text()").get() for path in PATHS))
        for card in cards
    ]


def lxml_compiled(body: bytes) -> Cards:
    """Read with lxml and XPath compiled once."""
    document = etree.fromstring(body, etree.HTMLParser(encoding="utf-8"))
    return [
        (card.get("data-sku"), *("".join(compiled(field)(card)[0].itertext()) for field in FIELDS))
        for card in compiled(CARD)(document)
    ]


def lexbor(body: bytes) -> Cards:
    """Read with lexbor directly."""
    cards = LexborHTMLParser(body.decode()).css(CARD)
    return [
        (card.attributes["data-sku"], *(card.css(field)[0].text() for field in FIELDS))
        for card in cards
    ]


def html_page(body: bytes) -> Cards:
    """Read as the project's pages do: every selector strict, text normalised."""
    page = HtmlPage("https://shop.example/", body)
    return [
        (
            page.attribute(card, "data-sku"),
            *(page.text(page.one(field, card)) for field in FIELDS),
        )
        for card in page.all(CARD)
    ]


@cache
def compiled(css: str) -> Callable[[Any], list[Any]]:
    """Compile *css*, once."""
    return cast("Callable[[Any], list[Any]]", etree.XPath(HTMLTranslator().css_to_xpath(css)))


def measure(runs: int) -> Iterator[Comparison]:
    """Yield one comparison for each engine."""
    pages = [listing(number, 60) for number in range(40)]
    engines: dict[str, Callable[[bytes], Cards]] = {
        "parsel, CSS": parsel_css,
        "parsel, XPath": parsel_xpath,
        "lxml, compiled XPath": lxml_compiled,
        "lexbor": lexbor,
        "HtmlPage": html_page,
    }
    expected = parsel_css(pages[0])
    if any(engine(pages[0]) != expected for engine in engines.values()):
        raise RuntimeError("the engines do not agree")

    def rate(engine: Callable[[bytes], Cards]) -> float:
        begin = time.perf_counter()
        list(chain.from_iterable(map(engine, pages)))
        return round(len(pages) / (time.perf_counter() - begin), 1)

    rates = in_turns(runs, {name: partial(rate, engine) for name, engine in engines.items()})
    series = [Series(name, "pages/s", tuple(values)) for name, values in rates.items()]
    for engine in series[1:]:
        yield Comparison(f"selectors, {engine.name}", engine, series[0])
