"""What stands around a match: streams, recordings, former matches of the two teams."""

from collections.abc import Iterable, Iterator

from crawlers.html import HtmlPage, Node
from crawlers.items.esports import Encounter, Link
from spiders.vlr.cells import id_in, required_id, said, text_of
from spiders.vlr.header import points
from spiders.vlr.times import slashed_date


def streams(page: HtmlPage, parts: Iterable[Node]) -> Iterator[Link]:
    """Yield the streams, in either generation of the markup; a button without address is none."""
    for part in parts:
        for button in page.all(".match-streams-btn", part):
            outside = page.maybe("a.match-streams-btn-external", button) or button
            if href := outside.attributes.get("href"):
                yield Link(name=text_of(button), url=page.absolute(href))
        for button in page.all(".sm-pane-streams .sm-btn", part):
            if href := _external(page, button):
                yield Link(name=text_of(page.maybe(".sm-name", button)), url=href)


def vods(page: HtmlPage, parts: Iterable[Node]) -> Iterator[Link]:
    """Yield the recordings, in either generation of the markup."""
    for part in parts:
        if "match-vods" in (part.attributes.get("class") or ""):
            for link in page.all("a[href]", part):
                yield Link(name=text_of(link), url=page.absolute(page.attribute(link, "href")))
        for entry in page.all(".sm-pane-vods .sm-vod", part):
            if href := _external(page, entry):
                words = (text_of(page.maybe(css, entry)) for css in (".sm-vod-num", ".sm-vod-name"))
                yield Link(name=" ".join(filter(None, words)) or None, url=href)


def _external(page: HtmlPage, button: Node) -> str | None:
    link = page.maybe("a.sm-ext", button) or button
    href = link.attributes.get("href")
    return page.absolute(href) if href else None


def encounters(page: HtmlPage, parts: Iterable[Node], team1_id: str | None) -> Iterator[Encounter]:
    """Yield the former matches of the two teams, scores in the order of the match's own head."""
    for part in parts:
        heads = page.all("a.match-h2h-header-team", part)
        left = id_in(heads[0].attributes.get("href") or "") if heads else None
        turned = None not in {left, team1_id} and left != team1_id
        for link in page.all("a.mod-h2h", part):
            yield _encounter(page, link, turned=turned)


def _encounter(page: HtmlPage, link: Node, *, turned: bool) -> Encounter:
    scores = [points(text_of(page.one(css, link))) for css in (".rf", ".ra")]
    played = said(text_of(page.maybe(".match-h2h-matches-date", link)))
    return Encounter(
        match_id=required_id(page.attribute(link, "href")),
        event=text_of(page.maybe(".match-h2h-matches-event-name", link)),
        stage=text_of(page.maybe(".match-h2h-matches-event-series", link)),
        played_on=slashed_date(played) if played else None,
        team1_score=scores[turned],
        team2_score=scores[not turned],
    )
