"""What players did over many maps: for the statistics pages and the agents of a player."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.replica.vlr.events import AGENTS, MAPS, TIERS, Match
from tests.replica.vlr.people import Player, Team
from tests.replica.vlr.play import Game, Line
from tests.replica.vlr.world import VlrWorld

DEFAULTS = {
    "tier": "vct", "region": "all", "span": "60d", "side": "all", "role": "all", "agent": "all",
    "map_id": "all", "min_rounds": "0", "min_rating": "0",
}  # fmt: skip
"""What the statistics page does without parameters."""


@dataclass
class Record:
    """One player's sums."""

    player: Player
    team: Team
    line: Line = field(default_factory=Line)
    maps: int = 0
    agents: dict[str, int] = field(default_factory=dict)
    most_kills: int = 0
    most_kills_in: str = ""
    clutches_won: int = 0

    def add(self, match: Match, game: Game, number: int, side: str) -> None:
        """Count one map."""
        self.line += game.lines[number, side]
        self.maps += 1
        agent = game.agents[number]
        self.agents[agent] = self.agents.get(agent, 0) + 1
        kills = game.lines[number, side].kills
        if kills > self.most_kills:
            self.most_kills, self.most_kills_in = kills, f"{match.href}/?game={game.id}"
        self.clutches_won += sum(
            one.clutch is not None and one.clutch[0] == number for one in game.rounds
        )


def days_of(world: VlrWorld, query: Mapping[str, str]) -> tuple[date, date]:
    """Give the first and the last day that the query's ``span`` means."""
    span = query["span"]
    if span.endswith("d"):
        return (world.at - timedelta(days=int(span[:-1]))).date(), date.max
    if span.isdigit():
        return date(int(span), 1, 1), date(int(span), 12, 31)
    if span == "custom":
        first, last = (query.get(name, "") for name in ("from", "to"))
        return date.fromisoformat(first or "2020-01-01"), date.fromisoformat(last or "9999-12-31")
    return date.min, date.max


def played(world: VlrWorld, matches: Iterable[Match], query: Mapping[str, str]) -> Iterator[Match]:
    """Give the completed matches within the query's ``span``."""
    first, last = days_of(world, query)
    for match in matches:
        if match.status == "completed" and first <= match.starts.date() <= last:
            yield match


def appearances(
    matches: Iterable[Match],
) -> Iterator[tuple[Match, Game, int, Player, Team]]:
    """Give each player of each map."""
    for match in matches:
        for game in match.games:
            for number in range(10):
                team = match.teams[number // 5]
                if team:
                    yield match, game, number, team.players[number % 5], team


def records(world: VlrWorld, matches: Iterable[Match], query: Mapping[str, str]) -> list[Record]:
    """Sum up what the filters of *query* let through, the best rating first."""
    asked = DEFAULTS | {"tier": "all"} | dict(query)
    found: dict[int, Record] = {}
    chosen = (m for m in played(world, matches, asked) if _fits(m, asked))
    side = "both" if asked["side"] == "all" else asked["side"]
    for match, game, number, player, team in appearances(chosen):
        agent = game.agents[number]
        if asked["map_id"] not in {"all", str(MAPS[game.map])}:
            continue
        if asked["agent"] in {"all", agent} and asked["role"] in {"all", AGENTS[agent]}:
            record = found.setdefault(player.id, Record(player, team))
            record.add(match, game, number, side)
    least, low = int(asked["min_rounds"]), int(asked["min_rating"])
    return [r for r in found.values() if r.line.rounds >= least and r.team.rating >= low]


def _fits(match: Match, asked: Mapping[str, str]) -> bool:
    event = match.event
    return asked["tier"] in {"all", event.tier, str(TIERS[event.tier])} and asked["region"] in {
        "all",
        event.region,
    }
