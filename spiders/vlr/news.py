"""The list of news, and an article with its text."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final

from crawlers.errors import MissingError, PageError
from crawlers.html import HtmlPage, Node
from crawlers.items.esports import EsportsNews, Link
from crawlers.page import Found
from spiders.vlr.answers import instead, opened, refuse_cut, without_comments
from spiders.vlr.cells import id_in, image, required_id, text_of
from spiders.vlr.listed import each, last_page
from spiders.vlr.times import named_date

CARD: Final = "a.wf-module-item"
ARTICLE: Final = ".wf-card.mod-article"
BODY: Final = ".article-body"
BLOCKS: Final = frozenset({"p", "h2", "h3", "h4", "li", "blockquote", "td", "th"})
SKIPPED: Final = frozenset({"style", "script", "noscript", "template"})
HOVER: Final = "wf-hover-card"
"""A roster or the like that shows itself when the pointer is over a name."""

_DATE: Final = re.compile(r"[A-Z][a-z]{2,8} \d{1,2}, \d{4}", re.ASCII)
_AUTHOR: Final = re.compile(r"\bby (\S.*)$")


class NewsPage(HtmlPage):
    """Thirty headlines, newest first. The dates are days in the viewer's zone."""

    is_list: ClassVar[bool] = True

    def read_items(self) -> Iterator[Found]:
        """Yield what the list says of each article."""
        yield from each(self, self._cards(), self._read)

    def read_links(self) -> Iterator[str]:
        """Yield the articles."""
        for card in self._cards():
            yield self.absolute(self.attribute(card, "href"))

    @property
    def last_page(self) -> int | None:
        """The number of the last page that a button leads to; None without buttons."""
        return last_page(self)

    def _cards(self) -> list[Node]:
        cards = [card for card in self.all(CARD) if id_in(card.attributes.get("href") or "")]
        if not cards and self.last_page is not None:
            raise MissingError(self.url, "no news on this page: it is beyond the last")
        if not cards:
            raise instead(self, CARD)
        refuse_cut(self)
        return cards

    def _read(self, card: Node) -> Iterator[Found]:
        meta = text_of(self.one(".ge-text-light", card)) or ""
        title, *more = self.all("div > div:not(:has(div)):not(.ge-text-light)", card)
        if len(more) > 1:
            raise PageError(self.url, f"a headline with {1 + len(more)} texts")
        day, author = _DATE.search(meta), _AUTHOR.search(meta)
        yield EsportsNews(
            id=required_id(self.attribute(card, "href")),
            title=text_of(title) or "",
            description=text_of(more[0]) if more else None,
            author=author[1] if author else None,
            listed_on=_day(day),
        )


def _day(found: re.Match[str] | None) -> date | None:
    return named_date(found[0]) if found else None


class ArticlePage(HtmlPage):
    """An article. Its number may also be that of a match or a forum thread."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Leave out what readers of the site wrote below it."""
        return without_comments(body)

    def read_items(self) -> Iterator[Found]:
        """Yield the article, without what its hover cards show."""
        if self.all(".match-header") and not self.all(ARTICLE):
            raise MissingError(self.url, "this is a match, not an article")
        article = opened(self, ARTICLE)
        body = self.one(BODY, article)
        shown = [node for node in _walk(body) if node.is_element_node]
        when = self.maybe(".article-meta .js-date-toggle, .article-meta time", article)
        yield EsportsNews(
            id=required_id(self.url),
            title=text_of(self.one("h1", article)) or "",
            author=text_of(self.maybe("a.article-meta-author", article)),
            published_text=_shown_time(when),
            published_at=_instant(when),
            text="\n\n".join(_paragraphs(body)) or None,
            links=tuple(self._links(shown)),
            images=tuple(self._sources(shown, "img")),
            videos=tuple(self._sources(shown, "iframe")),
        )

    def _links(self, shown: list[Node]) -> Iterator[Link]:
        for node in shown:
            href = node.attributes.get("href") if node.tag == "a" else None
            if (
                href
                and not href.startswith("#")
                and (address := self.absolute(href)).startswith(("https://", "http://"))
            ):
                yield Link(name=_joined(node), url=address)

    def _sources(self, shown: list[Node], tag: str) -> Iterator[str]:
        for node in shown:
            if node.tag == tag and (address := image(self.url, node.attributes.get("src"))):
                yield address


def _walk(node: Node) -> Iterator[Node]:
    """Yield what stands in *node*, texts too, in order, without hover cards."""
    for child in node.iter(include_text=True):
        if not _hidden(child):
            yield child
            if child.is_element_node:
                yield from _walk(child)


def _hidden(node: Node) -> bool:
    return node.tag in SKIPPED or (
        node.is_element_node and HOVER in (node.attributes.get("class") or "").split()
    )


def _joined(node: Node) -> str | None:
    """Return the text in *node* with white space as one space, without hover cards."""
    texts = (" " if one.tag == "br" else one.text_content or "" for one in _walk(node))
    return " ".join("".join(texts).split()) or None


def _paragraphs(body: Node) -> Iterator[str]:
    """Yield the text block by block; text that stands outside of blocks is one as well."""
    loose: list[str] = []
    for child in body.iter(include_text=True):
        if _hidden(child):
            continue
        blocks = child.is_element_node and (child.tag in BLOCKS or _has_blocks(child))
        if not blocks:
            loose.append(_loose(child))
            continue
        yield from _whole(loose)
        yield from _paragraphs(child) if _has_blocks(child) else _whole([_joined(child) or ""])
    yield from _whole(loose)


def _loose(node: Node) -> str:
    """Return the text of what is no block, with the white space around it."""
    if node.is_text_node:
        return node.text_content or ""
    return " " if node.tag == "br" else _joined(node) or ""


def _has_blocks(node: Node) -> bool:
    return any(one.tag in BLOCKS for one in _walk(node))


def _whole(loose: list[str]) -> Iterator[str]:
    """Yield the pieces as one paragraph, if they say anything, and empty the list."""
    if text := " ".join("".join(loose).split()):
        yield text
    loose.clear()


def _shown_time(when: Node | None) -> str | None:
    """Return the time as shown; how long ago it was says nothing where the instant is known."""
    if when is None:
        return None
    return when.attributes.get("title") or (None if _instant(when) else text_of(when))


def _instant(when: Node | None) -> datetime | None:
    """Return the instant, which the markup since July 2026 says with its zone."""
    text: Any = when.attributes.get("datetime") if when else None
    moment = datetime.fromisoformat(text) if text else None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None
