"""What fetches again what is stored, for `VlrSpider.refreshes`."""

from collections.abc import Mapping
from typing import Final

Ways = tuple[Mapping[str, str], ...]

_EVENT: Final = {"events": "{event}", "with_matches": "0"}

REFRESHES: Final[Mapping[str, Ways]] = {
    "esports_matches": ({"ids": "{id}", "full": "1"},),
    "esports_matches[]": (
        {"events": "{event}"},
        {"teams": "{team}", "with_matches": "1"},
        {"players": "{player}", "with_matches": "1"},
        {"section": "matches,results"},
    ),
    "esports_events": ({"events": "{id}", "with_matches": "0"},),
    "esports_events[]": ({"section": "events"},),
    "esports_event_matches[]": (_EVENT,),
    "esports_standings[]": (_EVENT,),
    "esports_teams": ({"teams": "{id}"},),
    "esports_players": ({"players": "{id}"},),
    "esports_transactions[]": ({"teams": "{team}"},),
    "esports_rankings[]": (
        {"section": "rankings", "region": "{region}"},
        {"section": "rankings"},
    ),
    "esports_circuit_standings[]": ({"year": "{year}"},),
    "esports_stats[]": (_EVENT,),
    "esports_news[]": ({"section": "news"},),
    "esports_search_results[]": ({"search": "{query}"},),
}
