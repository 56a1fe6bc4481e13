"""The performance and economy tabs of a match; the site shows every map in one document."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from tests.replica.vlr.events import Match
from tests.replica.vlr.frame import page
from tests.replica.vlr.match import header, stats_frame
from tests.replica.vlr.play import PISTOLS, Game, Round
from tests.replica.vlr.scoreboard import people, signed
from tests.replica.vlr.world import Generation, VlrWorld

SPENDS = ("", "$", "$$", "$$$")
COLUMNS = ("2K", "3K", "4K", "5K", "1v1", "1v2", "1v3", "1v4", "1v5", "ECON", "PL", "DE")
SUMMARY = ("Pistol Won", "Eco (won)", "$ (won)", "$$ (won)", "$$$ (won)")


def tab_page(world: VlrWorld, match: Match, tab: str, generation: Generation) -> bytes:
    """Render one of the two tabs."""
    blocks = [_block(match, [game], str(game.id), tab) for game in match.games]
    if match.best_of > 1:
        blocks.insert(1, _block(match, match.games, "all", tab))
    content = "".join(blocks)
    body = (
        f'<div class="col mod-3">{header(world, match, generation)}'
        f"{stats_frame(match, tab, content)}</div>"
    )
    return page(f"{match.name(1)} vs. {match.name(2)}", body, "thread")


def _block(match: Match, games: Sequence[Game], name: str, tab: str) -> str:
    inner = "No data available for this map or match"
    if match.tabs == "full":
        inner = _performance(match, games) if tab == "performance" else _economy(match, games)
    return f'<div class="vm-stats-game " data-game-id="{name}">{inner}</div>'


def _tag(match: Match, team: int) -> str:
    found = match.teams[team - 1]
    return escape(found.tag) if found else ""


def _name(match: Match, number: int) -> str:
    player = people(match)[number]
    alias = escape(player.alias) if player else "TBD"
    tag = _tag(match, 1 + number // 5)
    return f'<div class="team"><div>{alias}<div class="team-tag">{tag}</div></div></div>'


def _performance(match: Match, games: Sequence[Game]) -> str:
    matrices = "".join(_matrix(match, games, kind) for kind in ("normal", "fkfd", "op"))
    return f'<div style="overflow-x: auto;">{matrices}</div>{_advanced(match, games)}'


def _matrix(match: Match, games: Sequence[Game], kind: str) -> str:
    kills = Counter((k.killer, k.victim) for game in games for k in game.kills_between(kind))
    heads = "".join(f"<td>{_name(match, number)}</td>" for number in range(5, 10))
    rows = ""
    for one in range(5):
        cells = ""
        for other in range(5, 10):
            made, taken = kills[one, other], kills[other, one]
            texts = (made, taken, signed(made - taken)) if made or taken else ("", "", "")
            squares = "".join(f'<div class="stats-sq ">{text}</div>' for text in texts)
            cells += f'<td><div style="display: flex;">{squares}</div></td>'
        rows += f"<tr><td>{_name(match, one)}</td>{cells}</tr>"
    return (
        f'<table class="wf-table-inset mod-matrix mod-{kind}"><tbody><tr><td></td>{heads}</tr>'
        f"{rows}</tbody></table>"
    )


def _advanced(match: Match, games: Sequence[Game]) -> str:
    rounds = [one for game in games for one in game.rounds]
    heads = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = ""
    for number in range(10):
        agents = "".join(
            f'<span class="stats-sq mod-agent"><img src="/img/vlr/game/agents/{a}.png"></span>'
            for a in dict.fromkeys(game.agents[number] for game in games)
        )
        cells = "".join(_square(count, popped) for count, popped in _figures(rounds, number))
        rows += f"<tr><td>{_name(match, number)}</td><td><div>{agents}</div></td>{cells}</tr>"
    return (
        f'<table class="wf-table-inset mod-adv-stats"><tr><th></th><th></th>{heads}</tr>'
        f"{rows}</table>"
    )


def _figures(rounds: Sequence[Round], player: int) -> list[tuple[int, bool]]:
    """Count what the advanced table shows; the second says whether a popover lists rounds."""
    many = Counter(sum(k.killer == player for k in one.kills) for one in rounds)
    alone = Counter(one.clutch[1] for one in rounds if one.clutch and one.clutch[0] == player)
    kills = sum(count * times for count, times in many.items())
    return [
        *((many[count], True) for count in range(2, 6)),
        *((alone[count], True) for count in range(1, 6)),
        (20 + kills, False),
        (sum(one.planter == player for one in rounds), False),
        (sum(one.defuser == player for one in rounds), False),
    ]


def _square(count: int, popped: bool) -> str:  # noqa: FBT001 - a column's kind
    if not count:
        return '<td><div class="stats-sq mod-egg"></div></td>'
    if not popped:
        return f'<td><div class="stats-sq ">{count}</div></td>'
    return (
        f'<td><div class="stats-sq mod-a wf-popable">{count}'
        '<div class="wf-popable-contents"><div><div>Round 3</div><span>someone</span></div></div>'
        "</div></td>"
    )


def _economy(match: Match, games: Sequence[Game]) -> str:
    rounds = [one for game in games for one in game.rounds]
    heads = "".join(f"<th>{name}</th>" for name in SUMMARY)
    rows = "".join(
        f'<tr><td><div class="team">{_tag(match, team)}</div></td>{_sums(rounds, team)}</tr>'
        for team in (1, 2)
    )
    table = f'<table class="wf-table-inset mod-econ"><tr><th></th>{heads}</tr>{rows}</table>'
    return table if len(games) > 1 else table + _round_table(match, rounds)


def _sums(rounds: Sequence[Round], team: int) -> str:
    pistols = sum(one.winner == team and one.number in PISTOLS for one in rounds)
    cells = f'<td><div class="stats-sq ">{pistols}</div></td>'
    for level in range(4):
        mine = [one for one in rounds if one.spend[team - 1] == level]
        won = sum(one.winner == team for one in mine)
        cells += f'<td><div class="stats-sq ">{len(mine)} ({won})</div></td>'
    return cells


def _round_table(match: Match, rounds: Sequence[Round]) -> str:
    first = "".join(f'<div class="team">{_tag(match, team)}</div>' for team in (1, 2))
    cells = f'<td><div class="bank">BANK</div>{first}<div class="bank">BANK</div></td>'
    for one in rounds:
        squares = "".join(
            f'<div class="rnd-sq {_won(one, team)}" title="{one.spend[team - 1] * 5000 + 900:,}">'
            f"{SPENDS[one.spend[team - 1]]}</div>"
            for team in (1, 2)
        )
        banks = [f'<div class="bank">{bank / 1000:.1f}k</div>' for bank in one.bank]
        cells += f'<td><div class="round-num">{one.number}</div>{banks[0]}{squares}{banks[1]}</td>'
    return f'<table class="wf-table-inset mod-econ"><tr>{cells}</tr></table>'


def _won(one: Round, team: int) -> str:
    return f"mod-win mod-{one.side}" if one.winner == team else ""
