"""News, articles and forum threads, which share their numbers with matches; the search."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from tests.replica.vlr.events import Event
from tests.replica.vlr.frame import Paged, clock, flag, page
from tests.replica.vlr.people import Player, Team, slug
from tests.replica.vlr.world import Generation, VlrWorld

THREAD = 700_001
KINDS = ("teams", "events", "players", "series")


@dataclass(frozen=True)
class Article:
    """One article."""

    id: int
    title: str
    description: str
    author: str
    at: datetime
    team: Team

    @property
    def href(self) -> str:
        """The path of its page."""
        return f"/{self.id}/{slug(self.title)}"


def articles_of(world: VlrWorld, teams: list[Team]) -> list[Article]:
    """Make the articles, the newest first."""
    return [
        Article(
            id=640_000 - number * 3,
            title=f"{team.name} & friends win week {world.articles - number}",
            description=f"What {team.name} did in a week.",
            author=("ann", "bob_w")[number % 2],
            at=world.at - timedelta(hours=20 * number + 2),
            team=team,
        )
        for number in range(world.articles)
        for team in [teams[number % len(teams)]]
    ]


def news_page(world: VlrWorld, shown: Paged[Article]) -> bytes:
    """Render the list: titles and descriptions have no class."""
    rows = ""
    for one in shown.items:
        local = one.at.astimezone(world.viewer)
        rows += f"""
<a class="wf-module-item " href="{one.href}" style="display: flex;"><div style=" flex: 1;">
  <div style="font-weight: 700; font-size: 15px; line-height: 1.3;">
    {escape(one.title)}</div>
  <div style=" font-size: 13px; padding: 5px 0;">
    {escape(one.description)}</div>
  <div class="ge-text-light">{flag(one.team.country)} <span style="color: #aaa;">&bull;</span>
    {local:%B} {local.day}, {local.year} <span style="color: #aaa;">&bull;</span>
    by {one.author}</div></div></a>"""
    body = f'<div class="col mod-1"><div class="wf-card">{rows}</div>{shown.buttons("/news")}</div>'
    return page("Valorant news", body, "news")


def article_page(world: VlrWorld, one: Article) -> bytes:
    """Render an article, with the cards of rosters that hover over its links."""
    local = one.at.astimezone(world.viewer)
    when = f"{local:%b} {local.day}, {local.year} at {clock(one.at, world.viewer)} {local:%Z}"
    roster = " ".join(escape(player.alias) for player in one.team.players)
    body = f"""
<div class="col mod-3"><div class="wf-card mod-article"><div class="article-header">
  <h1 class="wf-title mod-article-title">{escape(one.title)}</h1>
  <div class="article-meta">by <a class="article-meta-author" href="/user/{one.author}">
    {one.author}</a> <span class="js-date-toggle date-full" title="{when}">{when}</span></div></div>
<div class="article-body"><p>{escape(one.description)} Led by
  <a href="{one.team.href}">{escape(one.team.name)}</a><span class="wf-hover-card">{roster}</span>,
  they won.</p><h2>What next</h2><ul><li>First <b>this</b></li><li>Then that</li></ul>
  <blockquote>We are glad.</blockquote><img src="//owcdn.net/img/{one.id:x}.jpg">
  <iframe src="https://www.youtube.com/embed/v{one.id}"></iframe>
  <p>See <a href="https://example.org/{one.id}">the rules</a>.</p></div></div>
<div class="post-container"><div class="wf-card post" data-post-id="1"><div class="post-body">
  nice</div></div></div></div>"""
    return page(one.title, body, "article")


def thread_page() -> bytes:
    """Render a forum thread."""
    body = (
        '<div class="col mod-3"><div class="wf-card thread-header"><h1 class="wf-title">'
        'Who wins?</h1></div><div class="post-container"><div class="wf-card post "'
        ' data-post-id="9"><div class="post-body"><p>them</p></div></div></div></div>'
    )
    return page("Who wins?", body, "thread")


@dataclass(frozen=True)
class Result:
    """Something that a search finds; *kind* as in the links to it."""

    kind: str
    id: int
    name: str
    description: str
    image: str


def results_for(
    text: str, wanted: str, teams: list[Team], players: list[Player], events: list[Event]
) -> dict[str, list[Result]]:
    """Look for *text* in all names, by kind."""
    series = {event.series_id: event.series_name for event in events}
    held = {
        "teams": [Result("team", t.id, t.name, "", t.logo) for t in teams],
        "events": [
            Result("event", e.id, e.name, f"{e.days} ⋅ $0", "//owcdn.net/img/e.png") for e in events
        ],
        "players": [
            Result("player", p.id, p.alias, p.real_name, "/img/base/ph/sil.png") for p in players
        ],
        "series": [
            Result("eventgroup", number, name, "", "/img/vlr/tmp/vlr.png")
            for number, name in series.items()
        ],
    }
    return {
        kind: [one for one in held[kind] if text.lower() in one.name.lower()]
        for kind in KINDS
        if wanted in {"all", kind}
    }


def search_page(text: str, found: dict[str, list[Result]], generation: Generation) -> bytes:
    """Render what a search found; the links changed in November 2025."""
    parts = ""
    for kind, results in found.items():
        if not results:
            continue
        rows = ""
        for number, one in enumerate(results):
            old = "series" if one.kind == "eventgroup" else one.kind
            href = (
                f"/search/r/{one.kind}/{one.id}/idx"
                if generation == "new"
                else f"/{old}/{one.id}/{slug(one.name)}/?src=idx"
            )
            rows += (
                f'<a href="{href}" class="wf-module-item search-item '
                f'{"" if number else "mod-first"}"><div class="search-item-thumb">'
                f'<img src="{one.image}"></div><div><div class="search-item-title">'
                f'{escape(one.name)}</div><div class="search-item-desc ge-text-light">'
                f"{escape(one.description)}</div></div></a>"
            )
        parts += f'<div class="wf-label mod-large">{kind}</div><div class="wf-card">{rows}</div>'
    count = sum(map(len, found.values()))
    body = (
        '<div class="col mod-1"><form role="form" method="get"><div class="wf-card mod-dark">'
        f'<input type="search" name="q" id="form-q" value="{escape(text)}" required="">'
        f'<select name="type"><option value="all">All</option></select><div>Found {count} results'
        f"</div></div></form>{parts}</div>"
    )
    return page(f"Search: {text}", body, "search")
