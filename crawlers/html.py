"""Pages that are HTML: strict selection by CSS on a tree built the way browsers build it.

The engine is lexbor (package selectolax); docs/adr/0002-selector-engine.md says why.
"""

import re
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.errors import PageError
from crawlers.page import Page

Node = LexborNode
"""An element. It keeps its document alive."""

LEFT_OPEN_MAX = 20_000
"""Building the tree takes time with the square of the nesting: here at most about a second."""

_DECLARED = re.compile(
    rb"""<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class HtmlPage(Page):
    """A page whose body is HTML. Whatever is not found as described raises PageError.

    CSS selectors match descendants of *within*, never itself; without it, the whole document.
    """

    @cached_property
    def document(self) -> Node:
        """The root element; broken markup is repaired by the rules of the HTML standard."""
        if self.body.count(b"<") - 2 * self.body.count(b"</") > LEFT_OPEN_MAX:
            raise PageError(self.url, f"more than {LEFT_OPEN_MAX} tags are left open")
        root = LexborHTMLParser(decoded(self.url, self.body)).root
        if root is None:
            raise PageError(self.url, "no document")
        return root

    def all(self, css: str, within: Node | None = None) -> list[Node]:
        """Return every match in document order, each once; perhaps none."""
        scope = within or self.document
        found = scope.css(css)
        # The engine counts the scope itself, and a node once for each part of "a, b".
        if len(found) > 1 or (found and found[0].mem_id == scope.mem_id):
            unique = {node.mem_id: node for node in found}
            unique.pop(scope.mem_id, None)
            return list(unique.values())
        return found

    def maybe(self, css: str, within: Node | None = None) -> Node | None:
        """Return the only match, or None; two raise PageError."""
        found = self.all(css, within)
        if len(found) > 1:
            raise self._miscounted(css, within, len(found))
        return found[0] if found else None

    def one(self, css: str, within: Node | None = None) -> Node:
        """Return the only match; none or two raise PageError."""
        found = self.all(css, within)
        if len(found) != 1:
            raise self._miscounted(css, within, len(found))
        return found[0]

    def text(self, node: Node) -> str:
        """Return the text of *node* and all below it, runs of white space as one space."""
        return " ".join(node.text().split())

    def attribute(self, node: Node, name: str) -> str:
        """Return an attribute as written, "" for one without a value; PageError if missing."""
        attributes = node.attributes
        if name not in attributes:
            raise PageError(self.url, f"{_place(node)} has no attribute {name!r}")
        return attributes[name] or ""

    def _miscounted(self, css: str, within: Node | None, count: int) -> PageError:
        where = f" in {_place(within)}" if within else ""
        return PageError(self.url, f"expected one {css!r}{where}, found {count}")


def decoded(url: str, body: bytes) -> str:
    """Return *body* as text by its byte order mark, its own declaration, or UTF-8.

    Order and exceptions follow the HTML standard, "determining the character encoding"; the
    standard's replacement characters do not: a wrong byte or an unknown name is a PageError.
    """
    encoding = _encoding(body)
    try:
        return body.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise PageError(url, f"the body is not {encoding}: {error}"[:300]) from error


def _encoding(body: bytes) -> str:
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return encoding
    declared = _DECLARED.search(body, 0, 1024)
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if name.startswith("utf-16"):
        return "utf-8"  # the declaration could be read, so it is wrong about itself
    return "cp1252" if name in {"iso-8859-1", "latin1", "us-ascii", "ascii"} else name


def _place(node: Node) -> str:
    attributes = node.attributes
    marks = "".join(
        f' {name}="{attributes[name]}"' for name in ("id", "class") if name in attributes
    )
    return f"<{node.tag}{marks}>"
