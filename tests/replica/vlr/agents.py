"""Which agents were picked on which map of an event."""

from collections import Counter
from collections.abc import Sequence

from tests.replica.vlr.event import header
from tests.replica.vlr.events import AGENTS, MAPS, Event
from tests.replica.vlr.frame import page
from tests.replica.vlr.play import Game
from tests.replica.vlr.world import Generation


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
