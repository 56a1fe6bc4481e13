"""The names that the site's filters take, from its forms."""

from typing import Final

SECTIONS: Final = ("matches", "results", "events", "rankings", "news", "stats")
TIERS: Final = {
    "all": "all", "vct": "60", "vcl": "61", "t3": "62", "gc": "63", "cg": "64", "off": "67",
}  # fmt: skip
"""With the numbers that the list of events wants."""

EVENT_REGIONS: Final = {"americas": "26", "emea": "27", "pacific": "28", "china": "24"}
STATS_REGIONS: Final = ("all", "americas", "emea", "pacific", "china", "intl")
REGIONS: Final = (
    "north-america", "europe", "brazil", "asia-pacific", "korea", "china", "japan", "la-s", "la-n",
    "oceania", "mena", "gc", "collegiate",
)  # fmt: skip
"""Of rankings."""

RANKING_REGIONS: Final = (*REGIONS, "all")
YEARS: Final = range(2021, 2100)
"""The circuit began in 2021."""

PLAYER_SPANS: Final = ("30d", "60d", "90d", "all")
SHOWN_SPANS: Final = (*PLAYER_SPANS, *map(str, range(2020, 2041)))
SIDES: Final = ("all", "t", "ct")
ROLES: Final = ("all", "duelist", "controller", "initiator", "sentinel")
AGENTS: Final = (
    "all", "astra", "breach", "brimstone", "chamber", "clove", "cypher", "deadlock", "fade",
    "gekko", "harbor", "iso", "jett", "kayo", "killjoy", "neon", "omen", "phoenix", "raze",
    "reyna", "sage", "skye", "sova", "tejo", "veto", "viper", "vyse", "waylay", "yoru",
)  # fmt: skip
MAPS: Final = {
    "bind": 1, "haven": 2, "split": 3, "ascent": 5, "icebox": 6, "breeze": 8, "fracture": 9,
    "pearl": 10, "lotus": 11, "sunset": 12, "abyss": 13, "corrode": 14, "summit": 16,
}  # fmt: skip
RATINGS: Final = ("0", *map(str, range(1300, 1900, 50)))
