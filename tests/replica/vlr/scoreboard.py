"""The scoreboards of a map or of the whole match, in both markups."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape

from tests.replica.vlr.events import Match
from tests.replica.vlr.frame import flag
from tests.replica.vlr.people import Player
from tests.replica.vlr.play import Game, Line, summed
from tests.replica.vlr.world import Generation

SIDES = ("both", "t", "ct")


def rating(line: Line) -> float:
    """Rate a player; the site's own formula is not public."""
    return 0.35 + 0.9 * line.kills / line.rounds + 0.4 * line.kast / line.rounds - 0.3 * (
        line.deaths / line.rounds
    )  # fmt: skip


def acs(line: Line) -> float:
    """Give the average combat score."""
    return (line.damage + 75 * line.kills + 25 * line.assists) / line.rounds


STATS: dict[str, tuple[str, str, bool, Callable[[Line], str]]] = {
    "rating2": ("R", "Rating 2.0", True, lambda n: f"{rating(n):.2f}"),
    "acs": ("ACS", "Average Combat Score", True, lambda n: f"{acs(n):.0f}"),
    "kills": ("K", "Kills", False, lambda n: str(n.kills)),
    "deaths": ("D", "Deaths", False, lambda n: str(n.deaths)),
    "assists": ("A", "Assists", False, lambda n: str(n.assists)),
    "kd-diff": ("+/–", "Kills - Deaths", False, lambda n: signed(n.kills - n.deaths)),  # noqa: RUF001 - as the site
    "kast": ("KAST", "Kill, Assist, Trade, Survive %", True, lambda n: per(n.kast, n.rounds)),
    "adr": ("ADR", "Average Damage per Round", True, lambda n: f"{n.damage / n.rounds:.0f}"),
    "hsp": ("HS%", "Headshot %", True, lambda n: per(n.heads, n.kills)),
    "fb": ("FK", "First Kills", False, lambda n: str(n.first_kills)),
    "fd": ("FD", "First Deaths", False, lambda n: str(n.first_deaths)),
    "fk-diff": ("+/–", "Kills - Deaths", False, lambda n: signed(n.first_kills - n.first_deaths)),  # noqa: RUF001 - as the site
}
"""By the new markup's name: heading, title, whether unrated maps lack it, the shown text."""


def signed(number: int) -> str:
    """Write a difference."""
    return f"+{number}" if number > 0 else str(number)


def per(part: int, whole: int) -> str:
    """Write a percentage."""
    return f"{100 * part / whole:.0f}%" if whole else "0%"


def ratio(part: int, whole: int, digits: int = 2) -> str:
    """Write a ratio, halves rounded up as the site's PHP does; nothing where there is none."""
    if not whole:
        return ""
    return str((Decimal(part) / whole).quantize(Decimal(10) ** -digits, ROUND_HALF_UP))


def people(match: Match) -> list[Player | None]:
    """Give who plays: five of each team."""
    return [team.players[place] if team else None for team in match.teams for place in range(5)]


def scoreboards(match: Match, games: Sequence[Game], generation: Generation) -> str:
    """Render both teams' tables over *games*."""
    filters = (
        '<div class="wf-filter-inset js-side-filter noselect">'
        '<div class="mod-active" data-side="both">All</div><div data-side="t">Attack</div>'
        '<div data-side="ct">Defend</div></div>'
    )
    render = _new if generation == "new" else _old
    boards = "".join(render(match, games, team) for team in (1, 2))
    return f'<div class="ovw-filter">{filters}</div><div>{boards}</div>'


def _rows(
    match: Match, games: Sequence[Game], team: int
) -> list[tuple[Player, list[str], dict[str, list[str]]]]:
    """Give player, agents, and for each figure the text of every side."""
    rows = []
    rated = all(game.rated for game in games)
    for number, player in enumerate(people(match)):
        if player is None or number // 5 != team - 1:
            continue
        agents = list(dict.fromkeys(game.agents[number] for game in games))
        lines = [summed(game.lines[number, side] for game in games) for side in SIDES]
        cells = {
            name: ["&nbsp;" if (needs and not rated) or not n.rounds else show(n) for n in lines]
            for name, (_, _, needs, show) in STATS.items()
        }
        rows.append((player, agents, cells))
    return rows


def _spans(texts: Sequence[str], extra: str = "") -> str:
    return "".join(
        f'<span class="side {extra}mod-{side}">{text}</span>'
        for side, text in zip(SIDES, texts, strict=True)
    )


def _agents(agents: Sequence[str]) -> str:
    return "".join(
        '<span class="stats-sq mod-agent small">'
        f'<img src="/img/vlr/game/agents/{a}.png" alt="{a}" title="{a.title()}"></span>'
        for a in agents
    )


def _old(match: Match, games: Sequence[Game], team: int) -> str:
    found = match.teams[team - 1]
    heads = "".join(f'<th title="{title}">{text}</th>' for text, title, _, _ in STATS.values())
    rows = ""
    for player, agents, cells in _rows(match, games, team):
        stats = "".join(
            f'<td class="mod-stat mod-vlr-{name}"><span class="stats-sq">'
            f"{_cell(name, texts)}</span></td>"
            for name, texts in cells.items()
        )
        rows += (
            f'<tr><td class="mod-player"><div>{flag(player.country, title=player.country_name)}'
            f'<a href="{player.href}"><div class="text-of">{escape(player.alias)}</div>'
            f'<div class="ge-text-light">{escape(found.tag) if found else ""}</div></a></div></td>'
            f'<td class="mod-agents"><div>{_agents(agents)}</div></td>{stats}</tr>'
        )
    return (
        '<div style="overflow-x: auto;"><table class="wf-table-inset mod-overview"><thead><tr>'
        f'<th></th><th title="Agent"></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _cell(name: str, texts: Sequence[str]) -> str:
    """Render the sides; deaths stand between slashes."""
    if name == "deaths":
        slash = '<span class="num-space">/</span>'
        return f"{slash}<span>{_spans(texts)}</span>{slash}"
    return _spans(texts, "mod-side " if name in {"rating2", "acs", "kills"} else "")


def _new(match: Match, games: Sequence[Game], team: int) -> str:
    found = match.teams[team - 1]
    rows = ""
    for player, agents, cells in _rows(match, games, team):
        rows += (
            '<div class="ovw-row"><div class="ovw-cell mod-player"><div class="ovw-player">'
            f'{flag(player.country, title=player.country_name)}<a href="{player.href}">'
            f'<div class="ovw-player-name text-of">{escape(player.alias)}</div>'
            f'<div class="ovw-player-tag ge-text-light">{escape(found.tag) if found else ""}</div>'
            f'</a></div><div class="ovw-agents">{_agents(agents)}</div></div>'
            f"{_new_cells(cells)}</div>"
        )
    return (
        '<div class="ovw-scroll-wrap"><div class="ovw-scroll js-drag-scroll">'
        f'<div class="ovw-table"><div class="ovw-row mod-head">{_new_heads()}</div>{rows}'
        "</div></div></div>"
    )


KDA = ("kills", "deaths", "assists")


def _new_heads() -> str:
    parts = ['<div class="ovw-th"></div>']
    for name, (text, title, _, _) in STATS.items():
        if name == "kills":
            spans = (
                f'<span class="ovw-kda-stat ovw-sort" data-col="{n}" title="{STATS[n][1]}">'
                f"{STATS[n][0]}</span>"
                for n in KDA
            )
            parts.append(f'<div class="ovw-th mod-kda">{" / ".join(spans)}</div>')
        elif name not in KDA:
            parts.append(f'<div class="ovw-th" data-col="{name}" title="{title}">{text}</div>')
    return "".join(parts)


def _new_cells(cells: dict[str, list[str]]) -> str:
    parts = []
    for name, texts in cells.items():
        if name == "kills":
            slash = '<span class="num-space">/</span>'
            stats = slash.join(
                f'<span class="ovw-kda-stat" data-col="{n}">{_spans(cells[n])}</span>' for n in KDA
            )
            # Some builds name the cell like its child.
            parts.append(
                f'<div class="ovw-cell mod-kda" data-col="kills"><span class="stats-sq mod-kda">'
                f"{stats}</span></div>"
            )
        elif name not in KDA:
            parts.append(
                f'<div class="ovw-cell" data-col="{name}"><span class="stats-sq">'
                f"{_spans(texts)}</span></div>"
            )
    return "".join(parts)
