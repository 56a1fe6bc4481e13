"""What ``scrapy crawl vlr`` takes, and what it says of what it does not take."""

import pytest

from spiders.vlr.arguments import VlrArguments
from spiders.vlr.spider import VlrSpider

WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "nothing to do: give section="),
    ({"section": " , "}, "nothing to do: give section="),
    ({"sektion": "news"}, "unknown argument 'sektion' (known: origin, job, section, ids,"),
    ({"section": "forums"}, "argument 'section': unknown section 'forums' (known: matches,"),
    ({"ids": "12a"}, "argument 'ids': '12a' is no id"),
    ({"ids": "٣"}, "is no id"),
    ({"events": "1" * 13}, "argument 'events'"),
    ({"search": "  "}, "argument 'search': expected a text"),
    ({"section": "results", "pages": "0"}, "argument 'pages'"),
    ({"section": "results", "pages": "all"}, "argument 'pages'"),
    ({"year": "2019"}, "argument 'year'"),
    ({"section": "events", "tier": "s"}, "argument 'tier': unknown tier 's' (known: all, vct,"),
    ({"section": "news", "region": "europe"}, "region= goes with"),
    ({"section": "stats", "region": "europe"}, "unknown region of stats 'europe'"),
    ({"section": "rankings", "region": "emea"}, "unknown region of rankings 'emea'"),
    ({"section": "events,rankings", "region": "japan"}, "unknown region of events 'japan'"),
    ({"section": "stats", "region": "emea,china"}, "one region at a time"),
    ({"section": "stats", "span": "7d"}, "argument 'span': unknown span '7d' (known: 30d,"),
    ({"players": "1", "span": "2025"}, "unknown span of players '2025'"),
    ({"section": "stats", "since": "soon"}, "argument 'since': 'soon' is no date"),
    ({"section": "news", "since": "2026-01-01"}, "since= and until= go with section=stats"),
    ({"section": "stats", "span": "all", "until": "2026-01-01"}, "instead of span="),
    ({"section": "stats", "since": "2026-02-01", "until": "2026-01-01"}, "since is after until"),
    ({"section": "stats", "side": "left"}, "unknown side 'left'"),
    ({"section": "stats", "role": "healer"}, "unknown role 'healer'"),
    ({"section": "stats", "agent": "mercy"}, "unknown agent 'mercy'"),
    ({"section": "stats", "map": "dust2"}, "unknown map 'dust2' (known: bind,"),
    ({"section": "stats", "min_rounds": "-1"}, "argument 'min_rounds'"),
    ({"section": "stats", "min_rating": "1777"}, "unknown rating '1777'"),
    ({"section": "news", "zone": "Mars/Olympus"}, "unknown zone 'Mars/Olympus'"),
    ({"section": "news", "zone": "/etc/passwd"}, "unknown zone"),
    ({"section": "matches", "max_age_min": "old"}, "argument 'max_age_min'"),
    ({"section": "matches", "full": "perhaps"}, "argument 'full'"),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_arguments_are_named_in_one_line(arguments: dict[str, str], expected: str) -> None:
    problem = VlrSpider.problem_with(arguments)
    assert problem is not None
    assert expected in problem
    assert "\n" not in problem


def read(**given: str) -> VlrArguments:
    """Return the arguments as a crawl gets them."""
    arguments = VlrSpider.read_arguments(given)
    assert isinstance(arguments, VlrArguments)
    return arguments


def test_names_are_taken_in_any_case_and_each_once() -> None:
    args = read(section="Stats,stats", agent="Jett", ids="007,7,8", span="ALL,30d")
    assert args.section == ("stats",)
    assert args.ids == ("7", "8")
    assert args.filters == {"agent": "jett"}
    spans = [query["span"] for query in args.stats_queries()]
    assert spans == ["all", "30d"]


def test_statistics_are_always_asked_for_with_tier_region_and_span() -> None:
    (query,) = read(section="stats", map="lotus", min_rounds="100").stats_queries()
    assert query == {
        "tier": "all", "region": "all", "span": "60d", "map_id": "11", "min_rounds": "100",
    }  # fmt: skip
    (query,) = read(section="stats", since="2026-01-31", tier="vct").stats_queries()
    assert query == {"tier": "vct", "region": "all", "span": "custom", "from": "2026-01-31"}


def test_every_field_is_described() -> None:
    fields = VlrArguments.model_fields.items()
    assert [name for name, field in fields if not field.description] == []
