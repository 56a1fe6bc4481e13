"""What the stored games say of a player."""

from crawlers.storage.database import Database
from crawlers.storage.things import Row, rows

READ = """
select changed_at from chess_games where white_id = %(player)s
union all select changed_at from chess_games where black_id = %(player)s
union all select changed_at from chess_rating_points where player = %(player)s
"""

SIDES = """
with seen as (
    select 'white' as color, perf, rated, winner, status, created_at, opening_eco, opening_name,
           white_rating as rating, black_rating as opponent, white_accuracy as accuracy,
           white_acpl as acpl
    from chess_games where white_id = %(player)s
    union all
    select 'black', perf, rated, winner, status, created_at, opening_eco, opening_name,
           black_rating, white_rating, black_accuracy, black_acpl
    from chess_games where black_id = %(player)s
)
"""

# A game without a winner is drawn, unless it was never played out.
COUNTS = """
count(*) as games,
count(*) filter (where winner = color) as wins,
count(*) filter (where winner is null and status not in
    ('aborted', 'noStart', 'unknownFinish', 'created', 'started')) as draws,
count(*) filter (where winner <> color) as losses
"""

RECORDS = f"""{SIDES}
select perf, color, {COUNTS}, count(*) filter (where rated) as rated_games,
       count(accuracy) as analysed_games, avg(accuracy)::float8 as accuracy,
       avg(acpl)::float8 as acpl, max(rating) as highest_rating, min(rating) as lowest_rating,
       avg(opponent)::float8 as opponents_rating,
       min(created_at) as first_at, max(created_at) as last_at
from seen group by perf, color order by perf, color desc
"""  # noqa: S608 - all of it is ours

OPENINGS = f"""{SIDES}
select opening_eco, opening_name, color, {COUNTS}
from seen where opening_eco is not null
group by opening_eco, opening_name, color
order by games desc, opening_eco, opening_name, color limit 30
"""  # noqa: S608 - all of it is ours

RATINGS = """
select perf, count(*) as days, min(day) as first_day, max(day) as last_day,
       (array_agg(rating order by day))[1] as first_rating,
       (array_agg(rating order by day desc))[1] as last_rating,
       min(rating) as lowest_rating, max(rating) as highest_rating
from chess_rating_points where player = %(player)s group by perf order by perf
"""


async def statistics(database: Database, player: str) -> dict[str, list[Row]]:
    """Return the player's results by category and colour, openings, and ratings."""
    queries = {"records": RECORDS, "openings": OPENINGS, "ratings": RATINGS}
    return {name: await rows(database, one, {"player": player}) for name, one in queries.items()}
