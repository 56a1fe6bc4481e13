"""The statistics pages, in both markups."""

from collections.abc import Mapping, Sequence
from html import escape

from tests.replica.vlr.events import AGENTS, MAPS
from tests.replica.vlr.figures import Record
from tests.replica.vlr.frame import Paged, flag, option, page
from tests.replica.vlr.scoreboard import acs, per, rating, ratio
from tests.replica.vlr.world import Generation

SELECTS = {
    "tier": ("all", "vct", "vcl", "t3", "gc", "cg", "off"),
    "region": ("all", "americas", "emea", "pacific", "china", "intl"),
    "span": ("30d", "60d", "90d", "custom", *map(str, range(2026, 2019, -1)), "all"),
    "side": ("all", "t", "ct"),
    "role": ("all", "duelist", "controller", "initiator", "sentinel"),
    "agent": ("all", *AGENTS),
    "map_id": ("all", *map(str, MAPS.values())),
    "min_rating": ("0", *map(str, range(1300, 1900, 50))),
}
COLUMNS = {
    "agents": ("Agents", "Agents played"),
    "maps": ("Maps", "Maps played"),
    "rnd": ("Rnd", "Rounds played"),
    "rating2": ("R", "Rating"),
    "acs": ("ACS", "Average combat score"),
    "kd": ("K:D", "Kills : deaths"),
    "kast": ("KAST", "Kill / assist / trade / survive %"),
    "adr": ("ADR", "Average damage per round"),
    "kpr": ("KPR", "Kills per round"),
    "apr": ("APR", "Assists per round"),
    "fkfd": ("FK:FD", "First kills : First deaths"),
    "fbpr": ("FKPR", "First kills per round"),
    "fdpr": ("FDPR", "First deaths per round"),
    "hsp": ("HS%", "Headshot %"),
    "clp": ("CL%", "Clutch success %"),
    "cl": ("CL", "Clutches won / played"),
    "kmax": ("KMax", "Most kills in a map"),
    "k": ("K", "Total kills"),
    "d": ("D", "Total deaths"),
    "a": ("A", "Total assists"),
    "fk": ("FK", "Total first kills"),
    "fd": ("FD", "Total first deaths"),
}
OLD_TITLES = {
    "agents": "Agents", "rnd": "Rounds Played", "rating2": "Rating 2.0",
    "acs": "Average Combat Score", "kd": "Kills:Deaths",
    "kast": "Kill, Assist, Trade, Survive %", "adr": "Average Damage per Round",
    "kpr": "Kills Per Round", "apr": "Assists Per Round", "fbpr": "First Kills Per Round",
    "fdpr": "First Deaths Per Round", "hsp": "Headshot %", "clp": "Clutch Success %",
    "cl": "Clutches (won/played)", "kmax": "Maximum Kills in a Single Map", "k": "Kills",
    "d": "Deaths", "a": "Assists", "fk": "First Kills", "fd": "First Deaths",
}  # fmt: skip
"""The older markup has no column for maps and none for first kills to first deaths."""


def stats_page(
    shown: Paged[Record], query: Mapping[str, str], path: str, generation: Generation, top: str = ""
) -> bytes:
    """Render statistics; *query* is what the form says is chosen. No rows: no table at all."""
    rest = {k: v for k, v in query.items() if k != "page"}
    table = ""
    if shown.items:
        render = _new if generation == "new" else _old
        table = render(shown.items) + shown.buttons(path, **rest)
    rounds = escape(query.get("min_rounds", "0"))
    form = "".join(
        option(name, [(v, v.title()) for v in values], query.get(name, values[0]))
        for name, values in SELECTS.items()
    )
    body = (
        f'<div class="col mod-1">{top}<form method="get" class="st-form">{form}'
        f'<input type="number" name="min_rounds" value="{rounds}">'
        f'<input type="date" name="from" value="{escape(query.get("from", ""))}">'
        f'<input type="date" name="to" value="{escape(query.get("to", ""))}"></form>'
        f'<div class="wf-card mod-table mod-dark">{table}</div></div>'
    )
    following = ""
    if shown.number < shown.last:
        following = f'<link rel="next" href="{path}/?page={shown.number + 1}">'
    return page("Valorant stats", following + body, "stats")


def figures(record: Record) -> dict[str, str]:
    """Give the text of every column but the agents."""
    n, lost = record.line, record.maps // 2
    won = record.clutches_won
    fights = won + lost
    return {
        "maps": str(record.maps),
        "rnd": str(n.rounds),
        "rating2": f"{rating(n):.2f}",
        "acs": f"{acs(n):.1f}",
        "kd": ratio(n.kills, max(1, n.deaths)),
        "kast": per(n.kast, n.rounds),
        "adr": f"{n.damage / n.rounds:.1f}",
        "kpr": ratio(n.kills, n.rounds),
        "apr": ratio(n.assists, n.rounds),
        "fkfd": ratio(n.first_kills, n.first_deaths),
        "fbpr": ratio(n.first_kills, n.rounds),
        "fdpr": ratio(n.first_deaths, n.rounds),
        "hsp": per(n.heads, n.kills),
        "clp": per(won, fights) if won else "",
        "cl": f"{won}/{fights}" if won else "",
        "kmax": str(record.most_kills),
        "k": str(n.kills),
        "d": str(n.deaths),
        "a": str(n.assists),
        "fk": str(n.first_kills),
        "fd": str(n.first_deaths),
    }


def _agents(record: Record) -> str:
    icons = sorted(record.agents, key=lambda a: (-record.agents[a], a))
    shown = "".join(
        f'<span class="st-agent"><img src="/img/vlr/game/agents/{a}.png">'
        f'<span class="st-agent-n">{100 * record.agents[a] / record.maps:.0f}%</span></span>'
        for a in icons[:3]
    )
    more = f'<div class="st-agent-more">+{len(icons) - 3}</div>' if len(icons) > 3 else ""
    return f"<div>{shown}{more}</div>"


def _cell(record: Record, name: str, text: str) -> str:
    if not text:
        return f'<td class="mod-empty" data-col="{name}"></td>'
    if name == "cl":
        won, fights = text.split("/")
        text = (
            f'<span class="st-cl"><span class="st-cl-x">{won}</span>/'
            f'<span class="st-cl-y">{fights}</span></span>'
        )
    if name == "kmax":
        text = f'<a href="{record.most_kills_in}">{text}</a>'
    return f'<td class="mod-color-sq" data-col="{name}">{text}</td>'


def _new(records: Sequence[Record]) -> str:
    heads = "".join(
        f'<th class="st-th-sort" data-col="{name}" title="{title}"><i></i>'
        f'<a class="st-sort" href="/stats?sort={name}&amp;dir=desc">{text}</a></th>'
        for name, (text, title) in COLUMNS.items()
    )
    rows = ""
    for record in records:
        player = record.player
        cells = "".join(_cell(record, name, text) for name, text in figures(record).items())
        rows += (
            f'<tr><td class="mod-player mod-a"><a href="{player.href}">{flag(player.country)}'
            f'<div class="st-pl-meta"><div class="st-pl-name text-of">{escape(player.alias)}</div>'
            f'<div class="st-pl-country">{escape(record.team.tag)}</div></div></a></td>'
            f'<td class="mod-agents" data-col="agents">{_agents(record)}</td>{cells}</tr>'
        )
    return (
        '<table class="st-table mod-hide-maps" id="st-table"><thead><tr>'
        f'<th class="mod-player">Player</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _old(records: Sequence[Record]) -> str:
    heads = "".join(
        f'<th title="{title}">{COLUMNS[name][0]}</th>' for name, title in OLD_TITLES.items()
    )
    rows = ""
    for record in records:
        player, texts = record.player, figures(record)
        icons = sorted(record.agents, key=lambda a: (-record.agents[a], a))[:3]
        agents = "".join(f'<img src="/img/vlr/game/agents/{a}.png">' for a in icons)
        cells = "".join(
            f'<td class="mod-color-sq"><div><span>{texts[name]}</span></div></td>'
            for name in OLD_TITLES
            if name != "agents"
        )
        rows += (
            f'<tr><td class="mod-player mod-a"><div>{flag(player.country)}<a href="{player.href}">'
            f'<div class="text-of">{escape(player.alias)}</div>'
            f'<div class="stats-player-country">{escape(record.team.tag)}</div></a></div></td>'
            f'<td class="mod-agents"><div>{agents}</div></td>{cells}</tr>'
        )
    return (
        '<table class="wf-table mod-stats mod-scroll"><thead><tr><th>Player</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )
