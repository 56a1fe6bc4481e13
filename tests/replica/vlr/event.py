"""The list of events, an event's page, its agents; the hub of a series."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from tests.replica.vlr.events import AGENTS, MAPS, Event, Match
from tests.replica.vlr.frame import Paged, clock, flag, logo, money, page
from tests.replica.vlr.people import Team
from tests.replica.vlr.play import Game
from tests.replica.vlr.world import Generation, VlrWorld

PRIZES = (("1st", 50, 8), ("2nd", 30, 5), ("3rd-4th", 10, None))
"""Place, percent of the prize, points of the circuit."""


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
    content = _standings(event) if stage == 0 else _bracket(world, event)
    teams = "".join(map(_team, event.teams))
    body = (
        f'<div class="col mod-1">{header(event, generation, stage)}'
        f'<div class="event-container"><div class="event-content">{content}'
        f'<div class="wf-label mod-large">Prize Distribution</div><style>.x{{}}</style>'
        f"{_prizes(event, generation)}"
        '<div><h2 class="wf-label mod-large">Participating Teams</h2></div>'
        f'<div class="event-teams-container">{teams}</div></div>'
        f"{_sidebar(event)}</div></div>"
    )
    return page(event.name, body, "event")


def _standings(event: Event) -> str:
    rows = ""
    results = {team.id: _record(event, team) for team in event.teams}
    for team in sorted(event.teams, key=lambda t: (-results[t.id][0], t.name)):
        won, lost, maps_won, maps_lost, rounds_won, rounds_lost = results[team.id]
        shown = (won, lost, f"{maps_won}/{maps_lost}", f"{rounds_won}/{rounds_lost}")
        cells = "".join(f"<td>{value}</td>" for value in (*shown, rounds_won - rounds_lost))
        rows += (
            f'<tr><td><a href="{team.href}" class="event-group-team text-of">{logo(team)}'
            f'<div class="event-group-team-name text-of">{escape(team.name)}'
            f'<div class="event-group-team-region ge-text-light">{team.country_name}</div></div>'
            f"</a></td>{cells}</tr>"
        )
    heads = "".join(f"<th>{name}</th>" for name in ("W", "L", "MAP", "RND", "Δ"))
    return (
        '<div class="wf-label mod-large">Group Stage</div>'
        '<div class="event-groups-container"><div class="event-group">'
        '<table class="wf-table mod-simple mod-group"><thead><tr><th>Group A</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _record(event: Event, team: Team) -> tuple[int, int, int, int, int, int]:
    sums = [0] * 6
    for match in event.matches:
        if match.stage != 0 or match.status != "completed" or team not in match.teams:
            continue
        place = 1 if match.teams[0] is team else 2
        sums[0 if match.winner == place else 1] += 1
        for game in match.games:
            sums[2 if game.winner == place else 3] += 1
            sums[4] += game.score(place)
            sums[5] += game.score(3 - place)
    return sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]


def _bracket(world: VlrWorld, event: Event) -> str:
    containers = ""
    for kind, matches in (
        ("mod-upper", [m for m in event.matches if m.stage and m.round != "Lower Final"]),
        ("mod-lower", [m for m in event.matches if m.round == "Lower Final"]),
    ):
        columns = "".join(
            f'<div class="bracket-col mod-{n}"><div class="bracket-col-label">{match.round}</div>'
            f'<div class="bracket-row mod-1">{_bracket_item(world, match)}</div></div>'
            for n, match in enumerate(matches, 1)
        )
        containers += f'<div class="bracket-container {kind}">{columns}</div>'
    return (
        '<div><div class="wf-label mod-large">Bracket</div></div><div class="wf-card mod-bracket">'
        f'<div class="event-brackets-container">{containers}</div></div>'
    )


def _bracket_item(world: VlrWorld, match: Match) -> str:
    teams = ""
    for place in (1, 2):
        team = match.teams[place - 1]
        known = f' data-team-id="{team.id}"' if team else ' data-team-id="0"'
        mark = "mod-winner" if match.winner == place else "mod-loser" if match.winner else ""
        score = match.score(place) if match.status in {"live", "completed"} else ""
        teams += (
            f'<div class="bracket-item-team {mark}" data-curr-pos="{place - 1}"{known}>'
            f'<div class="bracket-item-team-name ">{logo(team)}'
            f"<span>{escape(match.name(place))}</span></div>"
            f'<div class="bracket-item-team-score">{score}</div></div>'
        )
    local = match.starts.astimezone(world.viewer)
    when = f"{clock(match.starts, world.viewer, upper=False)} {local:%Z, %b} {local.day}"
    status = '<div class=" bracket-item-status">TBD</div>'
    if match.timed:
        status = (
            '<div class=" bracket-item-status moment-tz-convert" data-moment-format="h:mm a"'
            f' data-utc-ts="{int(match.starts.timestamp())}"><div>{when}</div></div>'
        )
    title = escape(f"{match.name(1)} vs. {match.name(2)}")
    live = "mod-live" if match.status == "live" else ""
    inner = teams + status
    return f'<a class="bracket-item {live}" title="{title}" href="{match.href}">{inner}</a>'


def _prizes(event: Event, generation: Generation) -> str:
    rows = []
    for number, (place, share, points) in enumerate(PRIZES):
        team = event.teams[number] if event.status == "completed" and number < 2 else None
        prize = "-" if event.prize is None else money(event.prize * share // 100)
        who = (
            f'<a href="{team.href}" class="standing-item-team">{logo(team)}<div class="text-of '
            f'standing-item-team-name">{escape(team.name)}'
            f'<div class="ge-text-light">{team.country_name}</div></div></a>'
            if team
            else f'<div class="ge-text-light">{logo(None)}TBD</div>'
        )
        earned = f'<a href="/vct-2026/standings">{points} points</a>' if points else ""
        usd = '<br><span style="font-size: 11px">USD</span>' if event.prize else ""
        rows.append((_place(place), prize + usd, who, earned, ""))
    heads = ("Place", "Prize", "Team", "Circuit Points", "Note")
    if generation == "new":
        lines = _cells("columnheader", heads) + "".join(_cells("cell", row) for row in rows)
        return f'<div class="wf-card"><div class="wf-ptable" role="table">{lines}</div></div>'
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    return (
        f'<div class="wf-card mod-dark"><table class="wf-table mod-simple"><thead><tr>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _cells(role: str, texts: Sequence[str]) -> str:
    cells = "".join(f'<div role="{role}">{text}</div>' for text in texts)
    return f'<div role="row" class="wf-ptable-row">{cells}</div>'


def _place(text: str) -> str:
    """Write 1st with a raised ending, a range of places plainly."""
    if "-" in text:
        return text
    return f"<div><div>{text[:-2]}<sup>{text[-2:]}</sup></div></div>"


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


def agents_page(event: Event, generation: Generation) -> bytes:
    """Render which agents were picked on which map."""
    games = [g for m in event.matches for g in m.games if g.ended]
    heads = "".join(
        f'<th class="mod-center"><img src="/img/vlr/game/agents/{a}.png" title="{a.title()}"></th>'
        for a in AGENTS
    )
    rows = _agents_row("", games)
    for name in MAPS:
        played = [game for game in games if game.map == name]
        rows += _agents_row(name, played) if played else ""
    table = (
        '<table class="wf-table mod-pr-global"><tr><th>Map</th><th title="# played">#</th>'
        f"<th>ATK Win</th><th>DEF Win</th>{heads}</tr>{rows}</table>"
    )
    shown = f'<div class="wf-card mod-dark">{table}</div>' if games else ""
    body = f'<div class="col mod-1">{header(event, generation)}{shown}</div>'
    return page(f"{event.name}: agents", body, "event")


def _agents_row(name: str, games: Sequence[Game]) -> str:
    rounds = [one for game in games for one in game.rounds]
    attack = sum(one.side == "t" for one in rounds)
    picks = Counter(agent for game in games for agent in game.agents)
    cells = "".join(
        f'<td class="mod-color-sq mod-center"><div class="color-sq"><span>'
        f"{100 * picks[a] / (2 * len(games)) if games else 0:.0f}%</span></div></td>"
        for a in AGENTS
    )
    title = f'<span class="map-pseudo-icon">{name[0]}</span> {name}' if name else ""
    share = 100 * attack / len(rounds) if rounds else 0
    return (
        f'<tr class="pr-global-row {"" if name else "mod-all"}"><td>{title}</td>'
        f'<td class="mod-right">{len(games)}</td><td class="mod-right">{share:.0f}%</td>'
        f'<td class="mod-right">{100 - share:.0f}%</td>{cells}</tr>'
    )
