"""What an event's page shows of its course: standings, bracket, prizes."""

from collections.abc import Sequence
from html import escape

from tests.replica.vlr.events import Event, Match
from tests.replica.vlr.frame import clock, logo, money
from tests.replica.vlr.people import Team
from tests.replica.vlr.world import Generation, VlrWorld

PRIZES = (("1st", 50, 8), ("2nd", 30, 5), ("3rd-4th", 10, None))
"""Place, percent of the prize, points of the circuit."""


def standings(event: Event) -> str:
    """Render the table of an event's group stage."""
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


def bracket(world: VlrWorld, event: Event) -> str:
    """Render the matches of an event's playoffs; their times are epochs."""
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


def prizes(event: Event, generation: Generation) -> str:
    """Render the distribution of an event's prizes."""
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
