"""Teams and players: names, countries, who plays where."""

from dataclasses import dataclass, field

from tests.replica.vlr.world import VlrWorld

TEAMS = (
    ("Night Herons", "NH", "us", "United States", "americas", "north-america"),
    ("Baltic Foxes", "BFX", "lt", "Lithuania", "emea", "europe"),
    ("Han River", "HAN", "kr", "South Korea", "pacific", "korea"),
    ("Jade Lanterns", "JLN", "cn", "China", "china", "china"),
    ("Pampas <3", "PMP", "ar", "Argentina", "americas", "la-s"),
    ("Álamo Sur", "AMO", "br", "Brazil", "americas", "brazil"),
    ("North Sea & Co", "NSC", "de", "Germany", "emea", "europe"),
    ("Quiet Storm", "QST", "un", "International", "emea", "europe"),
    ("Sakura Line", "SKL", "jp", "Japan", "pacific", "japan"),
    ("Red Cliff", "RCF", "cn", "China", "china", "china"),
    ("Delta Works", "DWK", "nl", "Netherlands", "emea", "europe"),
    ("Maple Rush", "MPR", "ca", "Canada", "americas", "north-america"),
)
"""Name, tag, flag, country, region of events, region of rankings."""

REGIONS = {
    "europe": "Europe",
    "north-america": "North America",
    "brazil": "Brazil",
    "asia-pacific": "Asia-Pacific",
    "korea": "Korea",
    "china": "China",
    "japan": "Japan",
    "la-s": "LA-S",
    "la-n": "LA-N",
    "oceania": "Oceania",
    "mena": "MENA",
    "gc": "GC",
    "collegiate": "Collegiate",
}
SYLLABLES = ("ka", "zo", "mi", "ren", "tav", "lu", "shy", "ob", "ix", "dar", "nel", "fu")


@dataclass(frozen=True)
class Player:
    """One player or member of staff."""

    id: int
    alias: str
    real_name: str
    country: str
    country_name: str
    role: str = ""
    """Of staff, substitutes and the inactive only."""

    @property
    def href(self) -> str:
        """The path of the player's page."""
        return f"/player/{self.id}/{slug(self.alias)}"


@dataclass(frozen=True)
class Team:
    """One team with its present roster; the first player is the captain."""

    id: int
    name: str
    tag: str
    country: str
    country_name: str
    region: str
    ranking: str
    players: tuple[Player, ...]
    staff: tuple[Player, ...]
    rating: int
    logo: str
    active: bool = True
    former: tuple[Player, ...] = field(default=())
    """Players who have left."""

    @property
    def href(self) -> str:
        """The path of the team's page."""
        return f"/team/{self.id}/{slug(self.name)}"


def slug(text: str) -> str:
    """Write *text* as the site's addresses do."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(filter(None, plain.split("-"))) or "-"


def teams_of(world: VlrWorld) -> list[Team]:
    """Make the teams; the last one is inactive, its successor is the first."""
    return [_team(world, index) for index in range(world.teams)]


def _team(world: VlrWorld, index: int) -> Team:
    name, tag, country, country_name, region, ranking = TEAMS[index % len(TEAMS)]
    again = index // len(TEAMS)
    chance = world.chance("team", index)
    number = 40 + index * 7
    people = [
        _player(world, number * 20 + place, country, country_name, role)
        for place, role in enumerate(["", "", "", "", "", "Sub", "head coach", "manager", ""])
    ]
    return Team(
        id=number,
        name=f"{name} {again + 1}" if again else name,
        tag=f"{tag}{again or ''}",
        country=country,
        country_name=country_name,
        region=region,
        ranking=ranking,
        players=tuple(people[:6]),
        staff=tuple(people[6:8]),
        rating=chance.randint(1500, 2100),
        logo="/img/vlr/tmp/vlr.png" if index == 3 else f"//owcdn.net/img/{number * 77777:x}.png",
        active=index < world.teams - 1,
        former=tuple(people[8:]),
    )


def _player(world: VlrWorld, number: int, country: str, country_name: str, role: str) -> Player:
    chance = world.chance("player", number)
    alias = "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 3)))
    first, last = (chance.choice(SYLLABLES).title() + chance.choice("aeio") for _ in "12")
    return Player(number, f"{alias}{number % 100}", f"{first} {last}", country, country_name, role)
