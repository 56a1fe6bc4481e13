"""Every page class against small bodies: what it reads stands in a text that a person reviews.

A case is a folder ``golden/<source>/<page class>/<what is special>`` with ``request.json``
(``{"url": ...}``), ``body.*`` as the site sent it, and ``expected.txt``. After a change,
``GOLDEN=accept pytest tests/test_golden.py`` writes the texts anew: read the difference.
"""

import json
import os
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules
from random import Random

import pytest
from pydantic_core import to_json

import spiders
from crawlers.errors import CrawlersError
from crawlers.items.base import Item, Reject, Unknown
from crawlers.page import Found, Page

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/*/request.json"))
CUTS = 40
"""Into how many lengths each body is cut; a body is never shorter than what it is read as."""

DAMAGES = 40
"""How often each body is damaged: bytes changed, dropped, repeated or moved."""


def page_classes() -> dict[str, type[Page]]:
    """Return every page class of every source, by ``<source>/<class name>``."""
    for source in iter_modules(spiders.__path__):
        import_module(f"spiders.{source.name}.pages")
    return {
        name: page for name, page in Page.registry.items() if page.__module__.startswith("spiders.")
    }


PAGES = page_classes()


def name_of(case: Path) -> str:
    return str(case.relative_to(GOLDEN))


def page_of(case: Path, body: bytes) -> Page:
    page_class = PAGES[str(case.parent.relative_to(GOLDEN))]
    request = json.loads((case / "request.json").read_text())
    return page_class(request["url"], page_class.redact(body))


def body_of(case: Path) -> bytes:
    (path,) = case.glob("body.*")
    return path.read_bytes()


def lines(found: Found) -> Iterator[str]:
    """Render one thing that a page yielded; what an item does not know is left out."""
    match found:
        case Item():
            for row in found.rows():
                yield type(row).__name__
                for name in row.columns:
                    if (value := getattr(row, name)) is not None:
                        yield f"  {name}: {to_json(value, exclude_none=True).decode()}"
        case Reject():
            yield f"?? {found.place}: {found.error}"
            yield f"   {found.body.decode(errors='backslashreplace').strip()[:200]}"
        case Unknown():
            yield f"?! unknown {found.category} {found.value!r}"


def rendered(case: Path) -> str:
    """Return what the page yields, up to the error that ends it."""
    body = body_of(case)
    page = page_of(case, body)
    text = ["redacted"] if page.body != body else []
    try:
        text.extend(chain.from_iterable(map(lines, page.items())))
        text.extend(f"-> {url}" for url in page.links())
    except CrawlersError as error:
        text.append(f"!! {type(error).__name__}: {error}")
    return "".join(f"{line}\n" for line in text)


def read_or_refused(case: Path, body: bytes) -> None:
    """Read *body*; whatever else than items, links and errors of ours comes of it, fails."""
    page = page_of(case, body)
    try:
        found = [*page.items(), *page.links()]
    except CrawlersError:
        return
    assert all(isinstance(one, Item | Reject | Unknown | str) for one in found)


def damaged(body: bytes, random: Random) -> bytes:
    """Return *body* with one to four places spoilt, as disks, proxies and editors do it."""
    spoilt = bytearray(body)
    for _ in range(random.randint(1, 4)):
        at, length = random.randrange(len(spoilt) + 1), random.randint(1, 40)
        part = bytes(spoilt[at : at + length])
        match random.randrange(6):
            case 0:
                spoilt[at : at + 1] = random.randbytes(1)
            case 1:
                spoilt[at : at + length] = bytes(random.choices(range(32, 127), k=len(part)))
            case 2:
                spoilt[at : at + 1] = bytes(one ^ 1 << random.randrange(7) for one in part[:1])
            case 3:
                spoilt[at:at] = part
            case 4:
                del spoilt[at : at + length]
            case _:
                del spoilt[at : at + length]
                spoilt[(place := random.randrange(len(spoilt) + 1)) : place] = part
    return bytes(spoilt)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_page_reads_what_the_reviewed_text_says(case: Path) -> None:
    expected = case / "expected.txt"
    text = rendered(case)
    if os.environ.get("GOLDEN") == "accept":
        expected.write_text(text)
    assert expected.exists(), f"{name_of(case)} has no expected.txt: run with GOLDEN=accept"
    assert text == expected.read_text()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_body_cut_anywhere_gives_items_or_an_error_of_ours(case: Path) -> None:
    body = body_of(case)
    for cut in sorted({len(body) * part // CUTS for part in range(CUTS)}):
        read_or_refused(case, body[:cut])


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_damaged_body_gives_items_or_an_error_of_ours(case: Path) -> None:
    body = body_of(case)
    random = Random(name_of(case))  # noqa: S311 - the same damage in every run
    for _ in range(DAMAGES if body else 0):
        read_or_refused(case, damaged(body, random))


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_redacting_twice_changes_nothing_more(case: Path) -> None:
    redacted = page_of(case, body_of(case)).body
    assert page_of(case, redacted).body == redacted


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_class_has_a_case(name: str) -> None:
    assert any(case.is_relative_to(GOLDEN / name) for case in CASES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_class_has_a_case_of_failure(name: str) -> None:
    texts = [path.read_text() for path in GOLDEN.glob(f"{name}/*/expected.txt")]
    assert any(line.startswith(("!! ", "?? ")) for text in texts for line in text.splitlines())


def test_every_folder_with_files_is_a_whole_case_of_a_known_page() -> None:
    folders = {path.parent for path in GOLDEN.rglob("*") if path.is_file()}
    assert folders == set(CASES)
    assert {str(case.parent.relative_to(GOLDEN)) for case in CASES} <= set(PAGES)
