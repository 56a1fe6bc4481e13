"""What every page has around its content, and the small parts that many pages share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Generic, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.replica.vlr.people import Team

EASTERN = ZoneInfo("America/New_York")
T = TypeVar("T")
NAV = ("forums", "matches", "events", "rankings", "stats")


def page(title: str, body: str, controller: str = "index", right: str = "") -> bytes:
    """Put *body* into the site's frame, with what stands around it."""
    links = "".join(f'<a href="/{n}" class="header-nav-item mod-{n}">{n.title()}</a>' for n in NAV)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | VLR.gg</title></head>
<body data-ctrl="{controller}" class="ui-color-light  ">
<header class="header"><nav class="header-inner">
<a href="/" class="header-logo"><img class="header-logo-logo" src="/img/vlr/logo_header.png"></a>
<div class="header-search"><form action="/search/" method="get">
<input type="search" name="q" spellcheck="false" placeholder="Search..."></form></div>
{links}</nav></header>
<div id="wrapper"><div class="col-container">
{_stickied(right) if controller in {"thread", "article"} else ""}
{body}
</div><div class="media-vw"></div></div>
<div class="footer"><a href="/privacy" class="privacy">Privacy</a></div>
</body></html>""".encode()


def _stickied(more: str) -> str:
    """Give the column on the left of threads, articles and matches."""
    return (
        '<div class="col mod-1"><div class="js-home-stickied">'
        '<span class="wf-label mod-sidebar">Stickied Threads</span>'
        '<div class="wf-card mod-dark mod-sidebar">'
        '<a href="/24252/be-kind" class="wf-module-item mod-disc mod-first" title="be kind">'
        '<div class="module-item-title  ">be kind</div><div class="module-item-count">1</div></a>'
        f"</div></div>{more}</div>"
    )


def not_found() -> bytes:
    """Give the page for what is not there."""
    body = '<div class="col mod-3"><div class="wf-card mod-404">Page not found</div></div>'
    return page("Page not found", body, "404")


def flag(code: str, tag: str = "i", title: str = "") -> str:
    """Show a country."""
    named = f' title="{escape(title)}"' if title else ""
    return f'<{tag} class="flag mod-{code}"{named}></{tag}>'


def logo(team: Team | None) -> str:
    """Show a team's logo, or the placeholder."""
    return f'<img src="{team.logo if team else "/img/vlr/tmp/vlr.png"}">'


def option(name: str, values: Iterable[tuple[str, str]], chosen: str) -> str:
    """Make a ``<select>`` that echoes what was *chosen*."""
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in values
    )
    return f'<select name="{name}">{options}</select>'


def eastern(at: datetime) -> str:
    """Write an instant as match pages do: US Eastern, in an attribute that says UTC."""
    return f"{at.astimezone(EASTERN):%Y-%m-%d %H:%M:%S}"


def clock(at: datetime, zone: tzinfo, *, upper: bool = True) -> str:
    """Write the time of day in the viewer's zone."""
    local = at.astimezone(zone)
    text = f"{local:%I:%M %p}".lstrip("0")
    return text if upper else text.lower()


def day(at: datetime, zone: tzinfo) -> str:
    """Write the label above the matches of a day."""
    local = at.astimezone(zone)
    return f"{local:%a, %B} {local.day}, {local.year}"


def eta(at: datetime, now: datetime) -> str:
    """Write how far away an instant is."""
    minutes = int(abs((at - now).total_seconds()) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days}d {hours}h" if days else f"{hours}h {minutes % 60}m"


def money(amount: int) -> str:
    """Write dollars."""
    return f"${amount:,}"


@dataclass
class Paged(Generic[T]):
    """One page of a list."""

    items: Sequence[T]
    number: int
    last: int

    def buttons(self, path: str, **query: str) -> str:
        """Link the pages; beyond the end none is active."""
        if self.last < 2:
            return ""
        near = {1, 2, 3, 4, self.last, self.number - 1, self.number, self.number + 1}
        parts = []
        for number in sorted(n for n in near if 1 <= n <= self.last):
            if number == self.number:
                parts.append(f'<span class="btn mod-page mod-active">{number}</span>')
            else:
                href = escape(f"{path}/?{urlencode(query | {'page': str(number)})}")
                parts.append(f'<a href="{href}" class="btn mod-page">{number}</a>')
        return (
            '<div class="action-container"><div></div><div class="action-container-pages">'
            f"{''.join(parts)}</div></div>"
        )


def paged(items: Sequence[T], number: int, size: int) -> Paged[T]:
    """Cut the page *number* out of *items*; beyond the end it is empty."""
    last = max(1, -(-len(items) // size))
    return Paged(items[(number - 1) * size : number * size], number, last)
