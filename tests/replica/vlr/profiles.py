"""The pages of teams and players."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.replica.vlr.events import Match
from tests.replica.vlr.figures import Record
from tests.replica.vlr.frame import flag, logo, money, page
from tests.replica.vlr.lists import item
from tests.replica.vlr.people import REGIONS, Player, Team
from tests.replica.vlr.scoreboard import acs, per, rating, ratio
from tests.replica.vlr.world import Generation, VlrWorld

OLD = (
    ("Agent", ""), ("Usage", "Use"), ("Rounds Played", "RND"), ("Rating", "Rating"),
    ("Average Combat Score", "ACS"), ("Kills:Death", "K:D"), ("Average Damage per Round", "ADR"),
    ("Kill, Assist, Survive, Trade %", "KAST"), ("Kills Per Round", "KPR"),
    ("Assists Per Round", "APR"), ("First Kills Per Round", "FKPR"),
    ("First Deaths Per Round", "FDPR"), ("Kills", "K"), ("Deaths", "D"), ("Assists", "A"),
    ("First Bloods", "FK"), ("First Deaths", "FD"),
)  # fmt: skip
NEW = (
    ("Agent", ""), ("Usage: (maps played) pick rate", "Use"), ("Rounds played", "Rnd"),
    ("Rating", "R"), ("Average combat score", "ACS"), ("Kills : deaths", "K:D"),
    ("Kill / assist / trade / survive %", "KAST"), ("Average damage per round", "ADR"),
    ("Kills per round", "KPR"), ("Assists per round", "APR"),
    ("First kills : First deaths", "FK:FD"), ("Total kills", "K"), ("Total deaths", "D"),
    ("Total assists", "A"), ("Total first kills", "FK"), ("Total first deaths", "FD"),
)  # fmt: skip
"""The columns of both markups: title and heading. KAST and ADR changed places."""


@dataclass(frozen=True)
class Span:
    """A player's *agents* within a span of time: 30d, 60d, 90d, all."""

    name: str
    agents: dict[str, Record]
    generation: Generation


def player_page(
    world: VlrWorld, player: Player, team: Team, matches: Sequence[Match], span: Span
) -> bytes:
    """Render a player; without games in the *span* there is no table."""
    spans = "".join(
        f'<a href="{player.href}/?timespan={one}" class="player-stats-filter-btn '
        f'{"mod-active" if one == span.name else ""}">{one}</a>'
        for one in ("30d", "60d", "90d", "all")
    )
    table = _agents(span.agents, span.generation) if span.agents else ""
    results = "".join(item(world, match, team) for match in matches[:5])
    current = player not in team.former
    body = f"""
<div class="col mod-1">{player_header(player)}
<div class="player-summary-container"><div class="player-summary-container-1"><div>
  <div class="wf-label mod-large">Agents</div><div class="player-stats-filter">{spans}</div></div>
  <div class="wf-card mod-table mod-dark">{table}</div>
  <h2 class="wf-label mod-large">Recent Results</h2><div>{results}</div>
  <h2 class="wf-label mod-large">{"Current" if current else "Past"} Teams</h2>
  <div class="wf-card"><a class="wf-module-item mod-first" href="{team.href}"><div>{logo(team)}
    </div><div><div style="font-weight: 500;">{escape(team.name)}</div>
    <div class="ge-text-light">{player.role}</div>
    <div class="ge-text-light">{"joined in May 2025" if current else "May 2024 – June 2025"}</div>
  </div></a></div></div>
<div class="player-summary-container-2"><h2 class="wf-label mod-large">Latest News</h2>
  <div class="wf-card"></div><h2 class="wf-label mod-large">Event Placements</h2>
  <div class="wf-card"><div><div class="wf-module-label">Total Winnings</div>
    <span style="font-size: 22px;">{money(player.id * 11)}</span></div></div></div></div></div>"""  # noqa: RUF001 - as the site
    return page(player.alias, body, "player")


def player_header(player: Player) -> str:
    """Render what stands above a player's pages."""
    return f"""
<div class="wf-card mod-header mod-full"><div class="player-header">
  <div class="wf-avatar mod-player"><div><img src="/img/base/ph/sil.png" alt="{player.alias}">
  </div></div><div><div><h1 class="wf-title">{escape(player.alias)}</h1>
  <h2 class="player-real-name ge-text-light">{escape(player.real_name)}</h2></div>
  <div><a href="https://x.com/{player.alias}" target="_blank">@{player.alias}</a></div>
  <div><a href="https://www.twitch.tv/{player.alias}">twitch.tv/{player.alias}</a></div>
  <div class="ge-text-light">{flag(player.country)} {player.country_name.upper()}</div></div></div>
<div class="wf-nav"><a class="wf-nav-item" href="{player.href}">Overview</a></div></div>"""


def _agents(agents: dict[str, Record], generation: Generation) -> str:
    new = generation == "new"
    total = sum(record.maps for record in agents.values())
    heads = "".join(f'<th title="{title}">{text}</th>' for title, text in (NEW if new else OLD))
    rows = ""
    for agent, record in sorted(agents.items(), key=lambda found: (-found[1].maps, found[0])):
        n = record.line
        rounds = n.rounds
        kast, adr = per(n.kast, rounds), f"{n.damage / rounds:.1f}"
        first = ratio(n.first_kills, n.first_deaths)
        apart = [ratio(n.first_kills, rounds), ratio(n.first_deaths, rounds)]
        cells = [
            f"({record.maps}) {per(record.maps, total)}",
            str(rounds),
            f"{rating(n):.2f}",
            f"{acs(n):.1f}",
            ratio(n.kills, max(1, n.deaths)),
            *([kast, adr] if new else [adr, kast]),
            ratio(n.kills, rounds),
            ratio(n.assists, rounds),
            *([first] if new else apart),
            *map(str, (n.kills, n.deaths, n.assists, n.first_kills, n.first_deaths)),
        ]
        icon = f'<td><img src="/img/vlr/game/agents/{agent}.png" alt="{agent}"></td>'
        rows += f"<tr>{icon}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    name = 'class="st-table mod-agent-rows" id="st-table"' if new else 'class="wf-table"'
    return f"<table {name}><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def team_header(team: Team, successor: Team | None) -> str:
    """Render what stands above a team's pages."""
    away = '<span class="team-header-status">(inactive)</span>' if successor else ""
    now = f'currently <a href="{successor.href}">{escape(successor.name)}</a>' if successor else ""
    tabs = "".join(
        f'<a class="wf-nav-item" href="/team/{part}{team.id}/x/"><div class="wf-nav-item-title">'
        f"{title}</div></a>"
        for part, title in (("", "Overview"), ("matches/", "Matches"), ("transactions/", "Moves"))
    )
    return f"""
<div class="wf-card mod-header mod-full"><div class="team-header">
  <div class="wf-avatar team-header-logo"><div>
    <img src="{team.logo}" alt="{escape(team.name)} team logo"></div></div>
  <div class="team-header-desc"><div><div class="team-header-name">
    <h1 class="wf-title">{escape(team.name)}</h1>
    <h2 class="wf-title team-header-tag">{escape(team.tag)}</h2>{away}
    <div class="team-header-name-successor">{now}</div></div>
  <div class="team-header-links"><a href="https://team{team.id}.example/">team{team.id}.example</a>
    <a href="https://x.com/team{team.id}" target="_blank">@team{team.id}</a></div>
  <div class="team-header-country">{flag(team.country)}
    {escape(team.country_name)}</div></div></div></div><div class="wf-nav">{tabs}</div></div>"""


def team_page(
    world: VlrWorld, team: Team, successor: Team | None, rank: int, matches: Sequence[Match]
) -> bytes:
    """Render a team: roster, rating of each core, placements."""
    finals = [match for match in matches if match.winner and match.round == "Grand Final"]
    events = [m.event for m in finals if m.teams[(m.winner or 1) - 1] is team]
    results = "".join(item(world, match, team) for match in matches[:5])
    placements = "".join(
        f'<a href="{event.href()}" class="wf-module-item team-event-item"><div>'
        f'<div class="text-of" style="font-weight: 500;">{escape(event.name)}</div><div>'
        f'<span class="team-event-item-series">{event.stages[1]} – 1st</span><br>'  # noqa: RUF001 - as the site
        f'<span style="font-weight: 700;">{money(event.prize or 0)}</span></div></div>'
        f"<div>{event.begins.year}</div></a>"
        for event in events
    )
    body = f"""
<div class="col mod-1">{team_header(team, successor)}
<div class="team-summary-container"><div class="team-summary-container-1">
  <h2 class="wf-label mod-large">Recent Results</h2><div>{results}</div>
  <h2 class="wf-label mod-large">Current Roster</h2><div class="wf-card">
    <div class="wf-module-label">players</div><div>{_members(team.players)}</div>
    <div class="wf-module-label">staff</div><div>{_members(team.staff)}</div></div>
  {_rating(team, rank)}</div>
<div class="team-summary-container-2"><h2 class="wf-label mod-large">Event Placements</h2>
  <div class="wf-card"><div><div class="wf-module-label">Total Winnings</div>
    <span style="font-size: 22px;">{money(team.id * 1000)}</span></div>{placements}</div>
</div></div></div>"""
    return page(team.name, body, "team")


def _members(people: Sequence[Player]) -> str:
    parts = ""
    for place, one in enumerate(people):
        captain = '<i class="fa fa-star" title="Team Captain"></i>' if not place else ""
        star = captain if not one.role else ""
        role = f'<div class="wf-tag mod-light team-roster-item-name-role">{one.role}</div>'
        parts += (
            f'<div class="team-roster-item"><a href="{one.href}"><div class="team-roster-item-img">'
            '<img src="/img/base/ph/sil.png"></div><div class="team-roster-item-name">'
            f'<div class="team-roster-item-name-alias">{flag(one.country)} {escape(one.alias)}'
            f'{star}</div><div class="team-roster-item-name-real">{escape(one.real_name)}</div>'
            f"{role if one.role else ''}</div></a></div>"
        )
    return parts


def _rating(team: Team, rank: int) -> str:
    """Show the rating of the present core, and that of an older one."""
    label = "Current Rank" if team.active else "Last Rank (Mar 2025)"
    blocks = (("mod-active", label, rank), ("", "Last Rank (Feb 2021)", 9))
    parts = "".join(
        f'<div class="core-rating-block {mark}"><div class="team-rating-info">'
        '<div class="team-rating-info-section mod-rank">'
        f'<div class="wf-module-label">{name}</div><div><a href="/rankings/{team.ranking}">'
        f'<div class="rank-num mod-">{place}</div><div class="rating-txt">'
        f"{REGIONS[team.ranking]}</div></a></div></div>"
        '<div class="team-rating-info-section mod-rating"><div class="wf-module-label">Rating'
        f'</div><div class="rating-num">{team.rating}<span class="rating-num-peak"></span></div>'
        '</div><div class="team-rating-info-section mod-streak"><div class="wf-module-label">'
        f'Record</div><div class="rating-num"><span class="win">{team.id}W</span> '
        '<span class="loss">12L</span></div></div></div></div>'
        for mark, name, place in blocks
    )
    return f'<h2 class="wf-label mod-large">Rating</h2><div class="wf-card">{parts}</div>'


def transactions_page(team: Team, successor: Team | None) -> bytes:
    """Render who came and went."""
    moves = [("join", one) for one in (*team.players, *team.staff)]
    moves += [("leave", one) for one in team.former]
    moves += [("inactive", team.players[4])]
    rows = ""
    for number, (action, one) in enumerate(moves):
        date = "Unknown" if number == 2 else f"2025/{1 + number % 9:02}/{3 + number:02}"
        position = one.role.title() if one in team.staff else "Player"
        link = f"https://x.com/team{team.id}/status/{one.id}"
        rows += (
            f'<tr class="wf-card mod-flex txn-item"><td>{date}</td>'
            f'<td class="txn-item-action mod-{action}">{action}</td><td>{flag(one.country)}</td>'
            f'<td><div><a href="{one.href}">{escape(one.alias)}</a>'
            f'<div class="ge-text-light">{escape(one.real_name)}</div></div></td>'
            f"<td>{position}</td><td><div>"
            f'<a href="{link}" target="_blank" class="text-of">{link}</a></div></td></tr>'
        )
    heads = "".join(
        f"<th>{name}</th>" for name in ("Date", "Action", "", "Player", "Position", "Reference")
    )
    body = (
        f'<div class="col mod-1">{team_header(team, successor)}<div class="wf-card">'
        f'<table class="wf-faux-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>'
        "</table></div></div>"
    )
    return page(f"{team.name}: transactions", body, "team")
