"""The lists of the API that the dashboard shows: by which name, with which columns and links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from crawlers.api.reads import chess, duels, products, profiles
from crawlers.api.reads.definitions import Listing
from crawlers.api.reads.esports import events, lists, matches, people, search
from crawlers.api.reads.lists import Asked, query_model
from crawlers.api.reads.things import Thing
from crawlers.items.chess import ChessGame
from crawlers.items.duels import DuelReplay
from crawlers.items.esports import EsportsEvent, EsportsNews, EsportsPlayer, EsportsTeam
from crawlers.items.esports.people import EsportsPlayerAgent
from crawlers.items.products import Shop
from crawlers.items.profiles import ApifyRun, Profile


@dataclass(frozen=True)
class Listed:
    """A list at ``/data/<name>``. *links* are addresses by column, with columns in braces.

    *thing* is what a row is shown as, with all that belongs to it, at ``/data/<name>/row``.
    """

    name: str
    title: str
    listing: Listing
    columns: str
    links: Mapping[str, str] = field(default_factory=dict)
    thing: Thing | None = None

    @property
    def domain(self) -> str:
        """What it is about: the first word of its name."""
        return self.name.partition("-")[0]

    @cached_property
    def table(self) -> str:
        """The table that it lists."""
        return self.listing.source.split()[0]

    @cached_property
    def query(self) -> type[Asked]:
        """What may be asked for."""
        return query_model(self.listing, ())

    @property
    def asks_for(self) -> str:
        """The filters that it needs, in words; where it needs none, nothing."""
        return " or ".join(" and ".join(sorted(names)) for names in self.listing.least)

    @property
    def filters(self) -> list[str]:
        """The names of its filters, those that are needed first."""
        needed = self.listing.needed
        return sorted(self.listing.filters, key=lambda name: name not in needed)


CHESS_PLAYER = "/chess/player?player={}"
GAME = "/data/chess-games/row?key={id}"
REPLAY = "/data/duels-replays/row?key={}"
DUELIST = "/duels/player?player={}"
MATCH = "/esports/match?match={}"
EVENT = "/data/esports-events/row?key={}"
TEAM = "/data/esports-teams/row?key={}"
PLAYER = "/data/esports-players/row?key={}"
PRODUCT = "/products/product?platform={{platform}}&product={}"
SHOP = "/data/products-shops/row?key={{platform}}&key={}"
PROFILE = "/data/profiles-profiles/row?key={platform}&key={id}"


def to(**links: tuple[str, str] | str) -> dict[str, str]:
    """Return links by column: an address, or one with the column that goes into its braces."""
    return {
        name: one if isinstance(one, str) else one[0].format(f"{{{one[1]}}}")
        for name, one in links.items()
    }


SIDES = to(white_name=(CHESS_PLAYER, "white_id"), black_name=(CHESS_PLAYER, "black_id"))
TEAMS = to(team1_name=(TEAM, "team1_id"), team2_name=(TEAM, "team2_id"))

LISTED = (
    Listed(
        "chess-players", "Chess players", chess.PLAYERS,
        "name title games rated_games wins draws losses seen_at checked_at",
        to(name=(CHESS_PLAYER, "id")),
    ),
    Listed(
        "chess-games", "Chess games", chess.GAMES,
        "created_at perf rated white_name white_rating black_name black_rating winner status "
        "opening_name id",
        to(id=GAME) | SIDES,
        Thing(ChessGame),
    ),
    Listed("chess-ratings", "Chess ratings by day", chess.RATINGS, "player perf day rating",
           to(player=(CHESS_PLAYER, "player"))),
    Listed(
        "duels-replays", "Duels", duels.REPLAYS,
        "id ended_at format format_name match_type rated player1_name player1_rating player2_name "
        "player2_rating",
        to(
            id=(REPLAY, "id"),
            format=("/duels/format?format={}", "format"),
            player1_name=(DUELIST, "player1_name"),
            player2_name=(DUELIST, "player2_name"),
        ),
        Thing(DuelReplay, duels.OWNED),
    ),
    Listed("duels-cards", "Cards seen in duels", duels.CARDS,
           "card replay match game player drawn seen",
           to(card=("/duels/card?card={}", "card"), replay=(REPLAY, "replay"))),
    Listed(
        "esports-matches", "Esports matches", matches.MATCHES,
        "id starts_at status event_name stage team1_name team1_score team2_score team2_name",
        to(id=(MATCH, "id"), event_name=(EVENT, "event_id")) | TEAMS,
    ),
    Listed(
        "esports-events", "Esports events", events.EVENTS,
        "name status listed_status starts_on ends_on prize_minor region location",
        to(name=(EVENT, "id")),
        Thing(EsportsEvent, events.OWNED),
    ),
    Listed("esports-standings", "Groups of an event", events.STANDINGS,
           "stage group_name position team_name wins losses ties round_difference qualified",
           to(team_name=(TEAM, "team_id"))),
    Listed(
        "esports-teams", "Esports teams", people.TEAMS,
        "name tag country_name active rank rank_region rating winnings_minor",
        to(name=(TEAM, "id")),
        Thing(EsportsTeam, people.OWNED),
    ),
    Listed(
        "esports-players", "Esports players", people.PLAYERS,
        "alias real_name country_name winnings_minor checked_at",
        to(alias=(PLAYER, "id")),
        Thing(EsportsPlayer, {"agents": EsportsPlayerAgent}),
    ),
    Listed("esports-transactions", "Who joins and who leaves", people.TRANSACTIONS,
           "happened_on action alias position country team_id",
           to(alias=(PLAYER, "player_id"), team_id=(TEAM, "team_id"))),
    Listed("esports-rankings", "Rankings of teams", lists.RANKINGS,
           "scope region rank team_name country_name rating wins losses streak earnings_minor",
           to(team_name=(TEAM, "team_id"))),
    Listed("esports-circuits", "Standings of circuits", lists.STANDINGS,
           "year region rank team_name country_name points", to(team_name=(TEAM, "team_id"))),
    Listed("esports-statistics", "Statistics of players", lists.STATISTICS,
           "query player_name team_tag agents rounds rating acs kd adr kast_percent",
           to(player_name=(PLAYER, "player_id"))),
    Listed("esports-news", "Esports news", lists.NEWS, "listed_on title author description",
           to(title=("/data/esports-news/row?key={}", "id")), Thing(EsportsNews)),
    Listed("esports-search", "What the site's search found", search.RESULTS,
           "query kind position name description"),
    Listed(
        "products-products", "Products", products.PRODUCTS,
        "name platform region price_minor discount_percent availability stock sold rating "
        "checked_at",
        to(name=(PRODUCT, "id"), id=(PRODUCT, "id")),
    ),
    Listed("products-keywords", "Where keywords found products", products.KEYWORDS,
           "keyword platform region position is_ad product_id",
           to(product_id=(PRODUCT, "product_id"))),
    Listed("products-shops", "Shops", products.SHOPS,
           "name username platform region rating followers products_total is_official",
           to(name=(SHOP, "id"), username=(SHOP, "id")), Thing(Shop)),
    Listed("profiles-profiles", "Profiles", profiles.PROFILES,
           "username full_name gender gender_confidence is_private is_verified platform",
           to(username=PROFILE), Thing(Profile)),
    Listed("profiles-followers", "Followers of an account", profiles.FOLLOWERS,
           "username full_name gender gender_confidence is_private is_verified",
           to(username=PROFILE)),
    Listed("profiles-runs", "Runs that were paid for", profiles.RUNS,
           "id started_at outcome accounts rows_read kept cost_microusd",
           to(id=("/data/profiles-runs/row?key={}", "id")), Thing(ApifyRun)),
)  # fmt: skip
BY_NAME = {one.name: one for one in LISTED}
