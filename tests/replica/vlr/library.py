"""Everything that a world holds, with the questions that several pages ask of it."""

from functools import cached_property

from tests.replica.vlr.events import Event, Match, events_of
from tests.replica.vlr.figures import Record, appearances, played
from tests.replica.vlr.news import Article, articles_of
from tests.replica.vlr.people import Player, Team, teams_of
from tests.replica.vlr.world import VlrWorld


class Library:
    """The teams, events, matches and articles of a world; they follow from its seed."""

    def __init__(self, world: VlrWorld) -> None:
        """Make everything; maps are played when they are first shown."""
        self.world = world
        self.teams = {team.id: team for team in teams_of(world)}
        everyone = list(self.teams.values())
        self.events = {event.id: event for event in events_of(world, everyone)}
        self.matches = {m.id: m for event in self.events.values() for m in event.matches}
        self.articles = {one.id: one for one in articles_of(world, everyone)}

    @cached_property
    def players(self) -> dict[int, tuple[Player, Team]]:
        """Every player, with the team that he plays or played for."""
        return {
            one.id: (one, team)
            for team in self.teams.values()
            for one in (*team.players, *team.staff, *team.former)
        }

    def with_status(self, *statuses: str) -> list[Match]:
        """Give the matches with one of *statuses*, oldest first."""
        found = [match for match in self.matches.values() if match.status in statuses]
        return sorted(found, key=lambda match: (match.starts, match.id))

    @property
    def schedule(self) -> list[Match]:
        """What is live and what is to come."""
        return self.with_status("live") + self.with_status("upcoming", "tbd")

    @property
    def results(self) -> list[Match]:
        """What is over, the newest first."""
        return self.with_status("completed")[::-1]

    def of_team(self, team: Team, group: str = "all") -> list[Match]:
        """Give a team's matches, the newest first: all, upcoming or completed."""
        statuses = {
            "upcoming": ("upcoming", "tbd", "live"),
            "completed": ("completed",),
        }.get(group, ("upcoming", "tbd", "live", "completed"))
        return [match for match in self.with_status(*statuses)[::-1] if team in match.teams]

    def of_player(self, player: Player) -> list[Match]:
        """Give the matches that a player has played, the newest first."""
        _, team = self.players[player.id]
        playing = player in team.players[:5]
        return self.of_team(team, "completed") if playing else []

    def encounters(self, match: Match) -> list[Match]:
        """Give older matches of the same two teams."""
        pair = set(map(id, match.teams))
        return [
            old
            for old in self.results
            if set(map(id, old.teams)) == pair and old.starts < match.starts
        ][:3]

    def agents(self, player: Player, span: str) -> dict[str, Record]:
        """Sum up a player's maps within *span* by agent."""
        found: dict[str, Record] = {}
        matches = played(self.world, self.matches.values(), {"span": span})
        for match, game, number, one, team in appearances(matches):
            if one is player:
                record = found.setdefault(game.agents[number], Record(player, team))
                record.add(match, game, number, "both")
        return found

    def successor(self, team: Team) -> Team | None:
        """Give the team that an inactive one became."""
        return None if team.active else next(iter(self.teams.values()))

    def latest(self) -> dict[int, Match]:
        """Give each team's last completed match."""
        found: dict[int, Match] = {}
        for match in self.results:
            for team in match.teams:
                if team:
                    found.setdefault(team.id, match)
        return found

    def listed(self, tier: str) -> tuple[list[Event], list[Event]]:
        """Give the events to come or going on, and those that are over or paused."""
        chosen = [event for event in self.events.values() if tier in {"all", event.tier}]
        return (
            [event for event in chosen if event.status in {"ongoing", "upcoming"}],
            [event for event in chosen if event.status in {"completed", "paused"}],
        )

    def of_series(self, number: int) -> list[Event]:
        """Give the events of a series."""
        return [event for event in self.events.values() if event.series_id == number]

    def article_list(self) -> list[Article]:
        """Give the articles, the newest first."""
        return list(self.articles.values())
