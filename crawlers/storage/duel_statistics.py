"""What the stored replays say of players and cards."""

from typing import Any

from crawlers.storage.database import Database
from crawlers.storage.things import Row, rows

READ_OF_PLAYER = """
select changed_at from duel_replays where player1_name = %(player)s
union all select changed_at from duel_replays where player2_name = %(player)s
"""
READ_OF_CARD = "select changed_at from duel_cards where card = %(card)s"
READ_OF_FORMAT = "select changed_at from duel_replays where format = %(format)s"

# Solo records are no matches. In a tag duel the winner is named by the first of his team.
REPLAYS_OF_PLAYER = """
with played as (
    select id, format from duel_replays where player1_name = %(player)s and not solo
    union all
    select id, format from duel_replays
    where player2_name = %(player)s and player1_name <> %(player)s and not solo
)
"""

MATCHES = f"""{REPLAYS_OF_PLAYER}
select p.format, count(*) as matches,
       count(*) filter (where m.winner = %(player)s) as won,
       count(*) filter (where m.winner <> %(player)s) as lost,
       count(*) filter (where m.winner is null) as undecided
from played as p join duel_matches as m on m.replay = p.id
group by p.format order by matches desc, p.format
"""  # noqa: S608 - all of it is ours

TURNS = f"""{REPLAYS_OF_PLAYER}
select g.went_first = %(player)s as went_first, count(*) as games,
       count(*) filter (where g.winner = %(player)s) as won,
       count(*) filter (where g.winner <> %(player)s) as lost,
       count(*) filter (where g.result = 'draw') as drawn
from played as p join duel_games as g on g.replay = p.id
where g.went_first is not null
group by 1 order by 1 desc
"""  # noqa: S608 - all of it is ours

# Who has the card may be the second of a team, which is named by its first.
SIDE = """
case when c.player in (r.player1_name, r.player3_name) then r.player1_name
     else r.player2_name end
"""
CARD_COUNTS = f"""
count(*) as games,
count(*) filter (where g.winner = {SIDE}) as won,
count(*) filter (where g.winner <> {SIDE}) as lost,
avg(c.seen)::float8 as copies_seen
"""
CARDS = """
duel_cards as c
join duel_replays as r on r.id = c.replay and not r.solo
join duel_games as g on g.replay = c.replay and g.match = c.match and g.number = c.game
"""

CARDS_OF_PLAYER = f"""{REPLAYS_OF_PLAYER}
select c.card, {CARD_COUNTS}
from played as p join {CARDS} on r.id = p.id
where c.player = %(player)s
group by c.card order by games desc, c.card limit 100
"""  # noqa: S608 - all of it is ours

FORMATS_OF_CARD = f"""
select r.format, {CARD_COUNTS} from {CARDS} where c.card = %(card)s
group by r.format order by games desc, r.format
"""  # noqa: S608 - all of it is ours

CARDS_OF_FORMAT = f"""
select c.card, {CARD_COUNTS} from {CARDS} where r.format = %(format)s
group by c.card order by games desc, c.card limit 100
"""  # noqa: S608 - all of it is ours

FIRST_OF_FORMAT = """
select count(*) as games,
       count(*) filter (where g.winner = g.went_first) as first_won,
       count(*) filter (where g.winner <> g.went_first) as second_won,
       avg(g.turns)::float8 as turns
from duel_replays as r join duel_games as g on g.replay = r.id
where r.format = %(format)s and not r.solo and g.went_first is not null
"""


async def of_player(database: Database, player: str) -> dict[str, Any]:
    """Return a player's matches by format, games by turn order, and the cards that he showed."""
    queries = {"matches": MATCHES, "turns": TURNS, "cards": CARDS_OF_PLAYER}
    return {name: await rows(database, one, {"player": player}) for name, one in queries.items()}


async def of_card(database: Database, card: str) -> list[Row]:
    """Return how games ended in which the card was seen, for each format."""
    return await rows(database, FORMATS_OF_CARD, {"card": card})


async def of_format(database: Database, name: str) -> dict[str, Any]:
    """Return how often who goes first wins in a format, and the cards that are seen most."""
    values = {"format": name}
    (first,) = await rows(database, FIRST_OF_FORMAT, values)
    return {**first, "cards": await rows(database, CARDS_OF_FORMAT, values)}
