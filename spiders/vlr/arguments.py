"""The arguments of ``scrapy crawl vlr``."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crawlers.spider import CommaSeparated, SourceArguments
from spiders.vlr.choices import (
    AGENTS,
    EVENT_REGIONS,
    MAPS,
    PLAYER_SPANS,
    RANKING_REGIONS,
    RATINGS,
    ROLES,
    SECTIONS,
    SHOWN_SPANS,
    SIDES,
    STATS_REGIONS,
    TIERS,
    YEARS,
)

ID_DIGITS: Final = 12


def ids(value: tuple[str, ...]) -> tuple[str, ...]:
    """Check the site's numbers, and drop repetitions."""
    for one in value:
        if not (one.isascii() and one.isdigit() and len(one) <= ID_DIGITS):
            raise ValueError(f"{one!r} is no id: expected a number, as in the site's addresses")
    return tuple(dict.fromkeys(one.lstrip("0") or "0" for one in value))


def out_of(kind: str, known: Iterable[str]) -> Callable[[Any], Any]:
    """Return a check of one value, or of each of several, against those that are *known*."""
    names = tuple(known)

    def check(value: Any) -> Any:
        for one in value if isinstance(value, tuple) else (value,):
            if one not in names:
                raise ValueError(f"unknown {kind} {one!r} (known: {', '.join(names)})")
        return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value

    return check


def zone_name(value: str) -> str:
    """Check the name of a time zone."""
    try:
        ZoneInfo(value)
    except (ValueError, LookupError, OSError):
        raise ValueError(f"unknown zone {value!r}: expected a name such as Asia/Kolkata") from None
    return value


def in_lower_case(value: Any) -> Any:
    """Take a name in any case."""
    return value.lower() if isinstance(value, str) else value


def text(value: str) -> str:
    """Take white space off, and refuse nothing."""
    if not (bare := " ".join(value.split())):
        raise ValueError("expected a text")
    return bare


def day(value: Any) -> Any:
    """Read a date."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{value!r} is no date: expected 2026-01-31") from None


Ids = Annotated[CommaSeparated, AfterValidator(ids)]
Day = Annotated[date, BeforeValidator(day)]
Name = Annotated[str, BeforeValidator(in_lower_case)]
Names = Annotated[CommaSeparated, BeforeValidator(in_lower_case)]
Tier = Annotated[Name, AfterValidator(out_of("tier", TIERS))]
Side = Annotated[Name, AfterValidator(out_of("side", SIDES))]
Role = Annotated[Name, AfterValidator(out_of("role", ROLES))]
Agent = Annotated[Name, AfterValidator(out_of("agent", AGENTS))]
Map = Annotated[Name, AfterValidator(out_of("map", MAPS))]
Rating = Annotated[Name, AfterValidator(out_of("rating", RATINGS))]
Sections = Annotated[Names, AfterValidator(out_of("section", SECTIONS))]
Spans = Annotated[Names, AfterValidator(out_of("span", SHOWN_SPANS))]
Text = Annotated[str, AfterValidator(text)]


class VlrArguments(SourceArguments):
    """Where to begin, how far to go, and which part of rankings and statistics."""

    units = ("ids", "events", "teams")

    section: Sections = Field(
        (), description="where to begin: matches (to come and live), results, events, rankings, "
        "news, stats; several by comma",
    )  # fmt: skip
    ids: Ids = Field((), description="matches by id, separated by commas")
    events: Ids = Field((), description="events by id: all of each, with its matches")
    teams: Ids = Field((), description="teams by id: roster and transactions")
    players: Ids = Field((), description="players by id: profile and agents, for each span")
    search: Text | None = Field(None, description="a text: what it finds, and the pages of that")
    year: int | None = Field(
        None, ge=YEARS.start, lt=YEARS.stop, description="standings of that year's circuit (VCT)"
    )
    pages: int = Field(1, ge=1, description="how many pages of each list (50 matches, 100 players)")
    with_matches: bool | None = Field(
        None,
        description="1 stores the matches of events, teams and players as well, 0 those of none; "
        "by default those of events= only",
    )
    tabs: bool = Field(
        default=True, description="0 leaves out the performance and economy of matches"
    )
    tier: Tier = Field(
        "all", description="of events and statistics: all, vct, vcl, t3, gc, cg, off"
    )
    region: Names = Field(
        (),
        description="of rankings: europe, korea, ..., or all of them (default: the best of the "
        "world); of events and statistics: americas, emea, pacific, china",
    )
    span: Spans = Field(
        (),
        description="of players' agents (default all) and of statistics (default 60d): 30d, 60d, "
        "90d, all; of statistics also a year; several by comma",
    )
    since: Day | None = Field(None, description="of statistics: the first day, instead of a span")
    until: Day | None = Field(None, description="of statistics: the last day")
    side: Side | None = Field(None, description="of statistics: t or ct")
    role: Role | None = Field(None, description="of statistics: duelist, ...")
    agent: Agent | None = Field(None, description="of statistics: jett, ...")
    map: Map | None = Field(None, description="of statistics: ascent, ...")
    min_rounds: int | None = Field(None, ge=0, description="of statistics: at least so many")
    min_rating: Rating | None = Field(
        None, description="of statistics: the site's own filter, 1300 to 1850 in steps of 50"
    )
    zone: Annotated[str, AfterValidator(zone_name)] | None = Field(
        None,
        description="the zone in which the site shows times to this machine (Europe/Berlin): "
        "instants of articles are known only with it",
    )
    max_age_min: float = Field(
        10, ge=0, description="minutes after which a match to come or live is fetched again"
    )
    full: bool = Field(default=False, description="1 fetches again whatever is stored")

    @model_validator(mode="after")
    def _check(self) -> "VlrArguments":
        begin = (self.section, self.ids, self.events, self.teams, self.players, self.search)
        if not (any(begin) or self.year):
            raise ValueError(
                "nothing to do: give section=matches,results,events,rankings,news,stats or ids=, "
                "events=, teams=, players=, search=, year="
            )
        self._check_regions()
        self._check_spans()
        return self

    def _check_regions(self) -> None:
        takers = {"events": EVENT_REGIONS, "rankings": RANKING_REGIONS, "stats": STATS_REGIONS}
        asked = [name for name in takers if name in self.section]
        if self.region and not asked:
            raise ValueError("region= goes with section=events, rankings or stats")
        for name in asked:
            out_of(f"region of {name}", takers[name])(self.region)
            if name != "rankings" and len(self.region) > 1:
                raise ValueError(f"section={name} takes one region at a time")

    def _check_spans(self) -> None:
        if (self.since or self.until) and (self.span or "stats" not in self.section):
            raise ValueError("since= and until= go with section=stats, instead of span=")
        if self.since and self.until and self.since > self.until:
            raise ValueError("since is after until")
        if self.players or self.search:
            out_of("span of players", PLAYER_SPANS)(self.span)

    @property
    def filters(self) -> dict[str, str]:
        """The choice of rows that any statistics page takes, in the site's words."""
        chosen = {
            "side": self.side,
            "role": self.role,
            "agent": self.agent,
            "map_id": str(MAPS[self.map]) if self.map else None,
            "min_rounds": None if self.min_rounds is None else str(self.min_rounds),
            "min_rating": self.min_rating,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def stats_queries(self) -> list[dict[str, str]]:
        """Return the statistics to ask for: one query for each span, always in one order."""
        place = {"tier": self.tier, "region": self.region[0] if self.region else "all"}
        if self.since or self.until:
            days = {"from": self.since, "to": self.until}
            bounds = {name: value.isoformat() for name, value in days.items() if value}
            return [place | {"span": "custom"} | bounds | self.filters]
        return [place | {"span": span} | self.filters for span in self.span or ("60d",)]
