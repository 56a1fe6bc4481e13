"""The list of events, an event's page; the hub of a series."""

from collections.abc import Sequence
from html import escape

from tests.replica.vlr.brackets import bracket, prizes, standings
from tests.replica.vlr.events import Event
from tests.replica.vlr.frame import Paged, flag, money, page
from tests.replica.vlr.people import Team
from tests.replica.vlr.world import Generation, VlrWorld


def events_page(coming: Sequence[Event], over: Paged[Event], tier: str) -> bytes:
    """Render /events: paging changes only the second column."""
    columns = "".join(
        f'<div class="events-container-col"><div class="wf-label mod-large mod-{kind}">'
        f"{kind} events</div>{''.join(map(item, events))}</div>"
        for kind, events in (("upcoming", coming), ("completed", over.items))
    )
    query = {"tier": tier} if tier else {}
    body = (
        f'<div class="col mod-1"><div class="events-container">{columns}</div>'
        f"{over.buttons('/events', **query)}</div>"
    )
    return page("Valorant events", body, "event")


def item(event: Event) -> str:
    """Render the card of an event."""
    prize = "TBD" if event.prize is None else money(event.prize)
    return f"""
<a class="wf-card mod-flex event-item" href="{event.href()}" style="margin-bottom: 3px;">
  <div class="event-item-inner"><div class="event-item-title">
    {escape(event.name)}</div><div style="display: flex;">
  <div class="event-item-desc-item"><span class="event-item-desc-item-status
    mod-{event.status}">{event.status}</span>
    <div class="event-item-desc-item-label">Status</div></div>
  <div class="event-item-desc-item mod-prize">
    {prize}<div class="event-item-desc-item-label">Prize Pool</div></div>
  <div class="event-item-desc-item mod-dates">
    {event.days}<div class="event-item-desc-item-label">Dates</div></div>
  <div class="event-item-desc-item mod-location">{flag(event.country)}
    <div class="event-item-desc-item-label">Region</div></div></div></div>
  <div class="event-item-thumb"><img src="//owcdn.net/img/e.png" loading="lazy"></div></a>"""


def series_page(name: str, events: Sequence[Event]) -> bytes:
    """Render the hub of a series."""
    body = (
        f'<div class="col mod-1"><h1 class="wf-title series-header-title">{escape(name)}</h1>'
        '<div class="events-container"><div class="events-container-col">'
        f"{''.join(map(item, events))}</div></div></div>"
    )
    return page(name, body, "series")


def header(event: Event, generation: Generation, active: int = 0) -> str:
    """Render what stands above all pages of an event."""
    dates = (
        f"{event.begins:%b} {event.begins.day}, {event.begins.year} - "
        f"{event.ends:%b} {event.ends.day}, {event.ends.year}"
    )
    prize = "TBD" if event.prize is None else f"{money(event.prize)} USD"
    values = [("Dates", dates), ("Prize", prize), ("Region", flag(event.country))]
    crumbs = (
        f'<a href="/series/{event.series_id}/s" style="font-weight: 700;">{event.series_name}</a>'
    )
    nav = "".join(
        f'<a class="wf-nav-item" href="{event.href(part)}{tail}">'
        f'<div class="wf-nav-item-title">{title}</div></a>'
        for part, tail, title in (
            ("", "", "Overview"),
            ("matches", f"/?series_id={event.stage_id(0)}", f"Matches ({len(event.matches)})"),
            ("stats", "", "Stats"),
            ("agents", "", "Agents"),
        )
    )
    shown = _new_header if generation == "new" else _old_header
    stages = "".join(
        f'<a href="{event.href()}/{stage.lower().replace(" ", "-")}" class="wf-subnav-item'
        f' {"mod-active" if number == active else ""}"><div><div class="ge-text-light">{event.days}'
        f'</div><div class="wf-subnav-item-title">{stage}</div></div></a>'
        for number, stage in enumerate(event.stages)
    )
    return (
        '<div class="wf-card mod-event mod-header mod-full">'
        f'{shown(event, crumbs, values)}<div class="wf-nav">{nav}</div></div>'
        f'<div class="wf-card mod-header mod-dark"><div class="wf-subnav">{stages}</div></div>'
    )


def _old_header(event: Event, crumbs: str, values: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<div class="event-desc-item"><div class="ge-text-light event-desc-item-label">{label}'
        f'</div><div class="event-desc-item-value">{value}</div></div>'
        for label, value in values
    )
    return (
        '<div class="event-header"><div class="wf-avatar event-header-thumb"><div>'
        f'<img src="//owcdn.net/img/e.png" alt="{escape(event.name)}"></div></div>'
        f'<div class="event-desc"><div class="event-desc-inner"><div>{crumbs}</div>'
        f'<h1 class="wf-title">{escape(event.name)}</h1>'
        f'<h2 class="event-desc-subtitle">{event.region} finals</h2>'
        f'<div class="event-desc-items">{items}</div></div></div></div>'
    )


def _new_header(event: Event, crumbs: str, values: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<div><div class="label">{label}</div><div class="value">{value}</div></div>'
        for label, value in values
    )
    return (
        '<div class="event-header"><div class="event-header-main">'
        '<div class="wf-avatar event-header-thumb"><div>'
        f'<img src="//owcdn.net/img/e.png" alt="{escape(event.name)}"></div></div>'
        f'<div class="event-header-main-bc">{crumbs}</div>'
        f'<h1 class="event-header-main-title">{escape(event.name)}</h1>'
        f'<h2 class="event-header-main-desc">{event.region} finals</h2>'
        f'<div class="event-header-main-meta">{items}</div></div></div>'
    )


def event_page(world: VlrWorld, event: Event, stage: int, generation: Generation) -> bytes:
    """Render an event's overview: standings of its first stage, the bracket of its second."""
    content = standings(event) if stage == 0 else bracket(world, event)
    teams = "".join(map(_team, event.teams))
    body = (
        f'<div class="col mod-1">{header(event, generation, stage)}'
        f'<div class="event-container"><div class="event-content">{content}'
        f'<div class="wf-label mod-large">Prize Distribution</div><style>.x{{}}</style>'
        f"{prizes(event, generation)}"
        '<div><h2 class="wf-label mod-large">Participating Teams</h2></div>'
        f'<div class="event-teams-container">{teams}</div></div>'
        f"{_sidebar(event)}</div></div>"
    )
    return page(event.name, body, "event")


def _team(team: Team) -> str:
    players = "".join(
        f'<a href="{player.href}" class="wf-module-item event-team-players-item">'
        f"{flag(player.country)} {escape(player.alias)}</a>"
        for player in team.players[:5]
    )
    return (
        f'<div class="wf-card event-team"><a class="wf-module-item event-team-name"'
        f' href="{team.href}">{escape(team.name)}</a><div class="event-team-players">'
        f'<div class="event-team-players-mask"><img src="{team.logo}"'
        f' class="event-team-players-mask-team"></div>{players}</div>'
        f'<div class="event-team-note wf-module-item">{team.region.title()} #{team.id % 4 + 1}'
        "</div></div>"
    )


def _sidebar(event: Event) -> str:
    parts = ""
    for title, statuses in (
        ("Upcoming Matches", {"upcoming", "live", "tbd"}),
        ("Latest Results", {"completed"}),
    ):
        matches = [match for match in event.matches if match.status in statuses]
        if not matches:
            continue
        links = "".join(
            f'<a class="wf-module-item" href="{match.href}"><div class="name">'
            f"<span>{escape(match.name(1))}</span></div></a>"
            for match in matches[:5]
        )
        parts += f'<h2 class="wf-label mod-large">{title}</h2><div class="wf-card">{links}</div>'
    return f'<div class="event-sidebar"><div class="event-sidebar-matches">{parts}</div></div>'
