"""Events and their matches: who plays whom, when, and how far it has come."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from tests.replica.vlr.people import Team, slug
from tests.replica.vlr.play import Game, Side, play
from tests.replica.vlr.world import VlrWorld

MAPS = {
    "Bind": 1, "Haven": 2, "Split": 3, "Ascent": 5, "Icebox": 6, "Breeze": 8, "Fracture": 9,
    "Pearl": 10, "Lotus": 11, "Sunset": 12, "Abyss": 13, "Corrode": 14,
}  # fmt: skip
AGENTS = {
    "jett": "duelist", "raze": "duelist", "neon": "duelist", "omen": "controller",
    "viper": "controller", "astra": "controller", "sova": "initiator", "fade": "initiator",
    "kayo": "initiator", "cypher": "sentinel", "killjoy": "sentinel", "vyse": "sentinel",
}  # fmt: skip
TIERS = {"vct": 60, "vcl": 61, "t3": 62, "gc": 63, "cg": 64, "off": 67}
Status = Literal["upcoming", "live", "completed", "tbd"]
EventStatus = Literal["ongoing", "upcoming", "paused", "completed"]


@dataclass
class Match:
    """One match. *progress* counts the maps that have ended; below 0 it has not begun."""

    id: int
    event: "Event"
    stage: int
    round: str
    starts: datetime
    best_of: int
    teams: tuple[Team | None, Team | None]
    seed: VlrWorld
    progress: int = -1
    forfeit: bool = False
    timed: bool = True
    """Whether the time is known."""
    bare: bool = False
    """A minor match: no patch, maps without rounds and ratings."""
    tabs: Literal["full", "empty", "none"] = "full"
    """What the tabs for performance and economy hold; without tables, or not there at all."""

    @cached_property
    def plan(self) -> list[Game]:
        """Every map that is or will be played."""
        games: list[Game] = []
        wins = [0, 0]
        while max(wins) * 2 <= self.best_of:
            games.append(self._game(len(games)))
            wins[(games[-1].winner or 1) - 1] += 1
        return games

    @cached_property
    def pool(self) -> list[str]:
        """The maps that the teams choose from, in the order in which they are played."""
        return self.seed.chance("pool", self.id).sample(list(MAPS), 7)

    def _game(self, index: int) -> Game:
        chance = self.seed.chance("map", self.id, index)
        agents = [a for _ in "12" for a in chance.sample(list(AGENTS), 5)]
        picked = None if index == self.best_of - 1 else 1 + index % 2
        side: Side = chance.choice(("t", "ct"))
        number = self.id * 10 + index
        game = Game(number, index + 1, self.pool[index], picked, side, tuple(agents))
        game.rated = not self.bare
        return play(chance, game)

    @property
    def status(self) -> Status:
        """As a card says it."""
        if self.progress < 0:
            return "upcoming" if self.timed else "tbd"
        return "completed" if self.forfeit or self.progress >= len(self.plan) else "live"

    @property
    def games(self) -> list[Game]:
        """The maps as far as they were played; the running one is half over."""
        if self.forfeit or self.progress < 0:
            return []
        running = [game.cut(len(game.rounds) // 2) for game in self.plan[self.progress :][:1]]
        return self.plan[: self.progress] + running

    def score(self, team: int) -> int:
        """Count the maps that *team* won; the second team forfeits."""
        if self.forfeit:
            return int(team == 1)
        return sum(game.winner == team for game in self.games)

    @property
    def winner(self) -> int | None:
        """The winning team of a completed match."""
        return (1 if self.score(1) > self.score(2) else 2) if self.status == "completed" else None

    def name(self, team: int) -> str:
        """Name *team*, or TBD."""
        found = self.teams[team - 1]
        return found.name if found else "TBD"

    @property
    def href(self) -> str:
        """The path of the match's page."""
        who = f"{self.name(1)} vs {self.name(2)}"
        return f"/{self.id}/{slug(f'{who} {self.event.name} {self.round}')}"

    @property
    def vetoes(self) -> list[str]:
        """The steps of the choice of maps, as shown; the last map of a full match remains."""
        first, second = (team.tag if team else "?" for team in self.teams)
        picks = [f"{(first, second)[i % 2]} pick {self.pool[i]}" for i in range(self.best_of - 1)]
        bans = [f"{first} ban {self.pool[5]}", f"{second} ban {self.pool[6]}"]
        last = self.pool[self.best_of - 1]
        return [*bans, *picks, f"{last} remains"]

    def advance(self) -> Status:
        """Start it, or end its running map."""
        self.progress += 1
        return self.status


@dataclass
class Event:
    """One event of two stages."""

    id: int
    name: str
    tier: str
    region: str
    status: EventStatus
    begins: datetime
    ends: datetime
    teams: list[Team]
    prize: int | None
    country: str
    series_id: int
    series_name: str
    stages: tuple[str, str] = ("Group Stage", "Playoffs")
    matches: list[Match] = field(default_factory=list)

    def href(self, part: str = "") -> str:
        """Give the path of the event's page, or of one of its parts."""
        return f"/event/{part + '/' if part else ''}{self.id}/{slug(self.name)}"

    def stage_id(self, stage: int) -> int:
        """Give the site's number of a stage, for ``series_id=``."""
        return self.id * 2 + stage

    @property
    def days(self) -> str:
        """The dates as the list shows them: no year."""
        return f"{self.begins:%b} {self.begins.day}—{self.ends:%b} {self.ends.day}"


def events_of(world: VlrWorld, teams: list[Team]) -> list[Event]:
    """Make the events, the newest first: ongoing, upcoming, paused, then completed ones."""
    return [_event(world, teams, index) for index in range(world.events)]


def _event(world: VlrWorld, teams: list[Team], index: int) -> Event:
    status: EventStatus = ("ongoing", "upcoming", "paused")[index] if index < 3 else "completed"
    begins = world.at + timedelta(hours={0: -77, 1: 220, 2: -950}.get(index, -400 * index))
    tier = ("vct", "vcl", "t3", "vct", "vcl", "vct", "gc")[index % 7]
    region = ("intl", "emea", "pacific", "americas", "emea", "intl", "china")[index % 7]
    few = [teams[(index + step) % len(teams)] for step in range(min(len(teams), 6))]
    event = Event(
        id=2700 + index * 3,
        name=f"{tier.upper()} {2026 if index < 9 else 2025}: Cup {index + 1}",
        tier=tier,
        region=region,
        status=status,
        begins=begins,
        ends=begins + timedelta(days=10),
        teams=few,
        prize=None if status == "upcoming" else 10_000 * (index + 1),
        country=("gb", "un", "kr")[index % 3],
        series_id=70 + index % 2,
        series_name=("Open Series", "Champions Series")[index % 2],
    )
    event.matches = [_match(world, event, index, number) for number in range(world.matches)]
    return event


def _match(world: VlrWorld, event: Event, index: int, number: int) -> Match:
    last = number == world.matches - 1
    final = event.status in {"ongoing", "upcoming", "paused"} and last
    teams = event.teams[number % len(event.teams)], event.teams[(number + 1) % len(event.teams)]
    playoffs = number >= world.matches - 3
    rounds = ("Upper Final", "Lower Final", "Grand Final")
    match = Match(
        id=500_000 + index * 1000 + number * 2,
        event=event,
        stage=int(playoffs),
        round=rounds[number - world.matches] if playoffs else f"Round {number + 1}",
        starts=event.begins + timedelta(hours=19 * number, minutes=30 * (number % 2)),
        best_of=5 if last else 1 if number == 1 else 3,
        teams=(None, None) if final else teams,
        seed=world,
        forfeit=number == 2 and event.status != "upcoming",
        timed=not (final or (event.status == "paused" and number > 4)),
        bare=number == 3 or event.tier == "t3",
        tabs="none" if number == 3 else "empty" if event.tier == "t3" else "full",
    )
    match.progress = _progress(world, match, event, number)
    return match


def _progress(world: VlrWorld, match: Match, event: Event, number: int) -> int:
    over = {"completed": world.matches, "ongoing": 4, "paused": 5, "upcoming": 0}[event.status]
    if number < over:
        return 0 if match.forfeit else len(match.plan)
    return 1 if event.status == "ongoing" and number == over and match.best_of > 1 else -1
