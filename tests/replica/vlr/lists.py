"""Lists of matches: schedule, results, an event's, a team's, a player's."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from tests.replica.vlr.events import Event, Match
from tests.replica.vlr.frame import Paged, clock, day, eta, flag, logo, page
from tests.replica.vlr.people import Team
from tests.replica.vlr.world import VlrWorld

STATUS = {"upcoming": "Upcoming", "live": "LIVE", "completed": "Completed", "tbd": "TBD"}
WRAPPER = {"upcoming": "ml", "tbd": "ml", "live": "ml mod-live", "completed": "ml mod-completed"}


def matches_page(world: VlrWorld, shown: Paged[Match], *, results: bool) -> bytes:
    """Render /matches or /matches/results."""
    tabs = "".join(
        f'<a class="wf-nav-item {"mod-active" if active else ""}" href="{href}">'
        f'<div class="wf-nav-item-title">{title}</div></a>'
        for href, title, active in (
            ("/matches", "Schedule", not results),
            ("/matches/results", "Results", results),
        )
    )
    body = (
        '<div class="col mod-1"><div class="wf-card mod-header mod-full">'
        f'<div class="wf-nav">{tabs}</div></div>'
        f"{days(world, shown.items)}"
        f"{shown.buttons('/matches/results' if results else '/matches')}</div>"
    )
    return page("Valorant match results", body, "match")


def days(world: VlrWorld, matches: Sequence[Match], *, in_event: bool = False) -> str:
    """Render matches under the label of their day, in the viewer's zone."""
    today = world.at.astimezone(world.viewer).date()
    parts = []
    for label, group in groupby(matches, key=lambda m: day(m.starts, world.viewer)):
        cards = list(group)
        is_today = cards[0].starts.astimezone(world.viewer).date() == today
        tag = ' <span class="wf-tag" style="margin-left: 6px">Today</span>' if is_today else ""
        parts.append(f'<div class="wf-label mod-large">\n\t\t\t{label}{tag}\n</div>')
        rendered = "".join(card(world, match, in_event=in_event) for match in cards)
        parts.append(f'<div class="wf-card" style="margin-bottom: 30px;">{rendered}</div>')
    return "".join(parts)


def card(world: VlrWorld, match: Match, *, in_event: bool) -> str:
    """Render one card; in an event's list the own text names the stage, not the event."""
    event = match.event
    stage = event.stages[match.stage]
    series = match.round if in_event else f"{stage}–{match.round}"  # noqa: RUF001 - as the site
    own = stage if in_event else event.name
    icon = (
        "" if in_event else '<div class="match-item-icon"><img src="//owcdn.net/img/e.png"></div>'
    )
    over = match.status == "completed"
    away = "" if match.status == "live" else _eta(world, match, "mod-completed" if over else "")
    stats = '<div class="wf-tag mod-big">Map</div><div class="wf-tag mod-big">Player</div>'
    return f"""
<a href="{match.href}" class="wf-module-item match-item mod-color mod-bg-after-orange ">
  <div class="match-item-time">
    {clock(match.starts, world.viewer) if match.timed else "TBD"}
  </div>
  <div class="match-item-vs">{_team(match, 1)}{_team(match, 2)}</div>
  <div class="match-item-eta"><div class="{WRAPPER[match.status]}">
    <div class="ml-status">{STATUS[match.status]}</div>{away}</div></div>
  <div class="match-item-note"></div>
  <div class="match-item-vod"><div class="wf-module-label">Stats:</div>
  {stats if over else "Pending"}</div>
  <div class="match-item-vod"><div class="wf-module-label">VODs:</div>Unavailable</div>
  <div class="match-item-event text-of">
    <div class="match-item-event-series text-of">{escape(series)}</div>
    {escape(own)}
  </div>{icon}
</a>"""


def _eta(world: VlrWorld, match: Match, mark: str) -> str:
    return f'<div class="ml-eta {mark}">{eta(match.starts, world.at)}</div>'


def _team(match: Match, team: int) -> str:
    won = match.winner == team
    arrow = '<i class="js-spoiler fa fa-caret-right"></i>' if won else ""
    found = match.teams[team - 1]
    begun = match.status in {"live", "completed"}
    score = str(match.score(team)) if begun else "–"  # noqa: RUF001 - as the site
    return (
        f'<div class="match-item-vs-team {"mod-winner" if won else ""}">'
        f'<div class="match-item-vs-team-name">{arrow}<div class="text-of">'
        f"{flag(found.country if found else 'un', 'span')}{escape(match.name(team))}</div></div>"
        f'<div class="match-item-vs-team-score {"" if begun else "mod-upcoming"} js-spoiler ">'
        f"{score}</div></div>"
    )


def event_matches(world: VlrWorld, event: Event, matches: Sequence[Match], header: str) -> bytes:
    """Render an event's matches: a card of filters comes first."""
    stages = "".join(
        f'<a href="{event.href("matches")}/?series_id={event.stage_id(n)}">{name}</a>'
        for n, name in enumerate(event.stages)
    )
    body = (
        f'<div class="col mod-1">{header}<div class="wf-card" style="padding: 10px;">'
        '<div class="wf-label">Stage:</div><span class="btn mod-filter js-dropdown">All Stages'
        f'<span class="wf-dropdown mod-all"><a href="{event.href("matches")}/?series_id=all">'
        f"All Stages</a>{stages}</span></span></div>"
        f"{days(world, matches, in_event=True)}</div>"
    )
    return page(f"{event.name}: matches", body, "event")


def history(world: VlrWorld, shown: Paged[Match], team: Team, path: str, **query: str) -> str:
    """Render the matches of a team or of one of its players, newest first."""
    items = "".join(item(world, match, team) for match in shown.items)
    return f'<div class=" mod-dark">{items}</div>{shown.buttons(path, **query)}'


def item(world: VlrWorld, match: Match, own: Team) -> str:
    """Render a match as teams and players list it: the own team is on the left."""
    place = 1 if match.teams[0] is own else 2
    other = match.teams[2 - place]
    event, local = match.event, match.starts.astimezone(world.viewer)
    name = (
        f'<span class="m-item-team-name">{escape(other.name)}</span>'
        f'<span class="m-item-team-tag">{other.tag}</span>'
        if other
        else "<span>TBD</span>"
    )
    games = "".join(
        f'<a href="{match.href}/?game={game.id}" class="wf-card mod-dark m-item-games-item">'
        f'<div class="map">{game.map}</div></a>'
        for game in match.games
    )
    return f"""
<div><a href="{match.href}" class="wf-card fc-flex m-item">
  <div class="fc-flex m-item-thumb"><img src="//owcdn.net/img/e.png"></div>
  <div class="m-item-event text-of"><div class="text-of" style="font-weight: 700;">
    {escape(event.name)}</div>{event.stages[match.stage]} ⋅ {match.round}</div>
  <div class="m-item-team text-of"><span class="m-item-team-name">{escape(own.name)}</span>
    <span class="m-item-team-tag">{own.tag}</span>
    <div class="m-item-team-core ge-text-light">#A{own.id}</div></div>
  <div class="m-item-logo">{logo(own)}</div>
  {_result(world, match, place)}
  <div class="m-item-logo mod-right">{logo(other)}</div>
  <div class="m-item-team text-of mod-right">{name}</div>
  <div class="m-item-vods"><div class="wf-module-label">VODs</div>Unavailable</div>
  <div class="m-item-date"><div>{local:%Y/%m/%d}</div>
    {clock(match.starts, world.viewer, upper=False)}</div>
</a><div class="m-item-games mod-collapsed">{games}</div></div>"""


def _result(world: VlrWorld, match: Match, place: int) -> str:
    carets = '<i class="fa fa-caret-down"></i><i class="fa fa-caret-up"></i>'
    if match.status in {"upcoming", "tbd"}:
        inner = f'<span class="rm-item-score-eta">{eta(match.starts, world.at)}</span>'
        kind = "mod-tbd"
    else:
        won = match.winner in {None, place}
        kind = "mod-win" if won else "mod-loss"
        left, right = match.score(place), match.score(3 - place)
        inner = f"<span>{left}</span><div>:</div><span>{right}</span>"
        if match.forfeit:
            inner = "FFW" if won else "FFL"
    shown = f"{inner}{carets}"
    return f'<div class="m-item-result {kind} fc-flex " data-match-id="{match.id}">{shown}</div>'
