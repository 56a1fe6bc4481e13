"""Chess: players, rating points, games, and the view of single moves."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLAYERS = """
create table chess_players (
    id text not null,
    name text not null,
    closed boolean not null,
    title text,
    tos_violation boolean,
    flag text,
    created_at timestamp with time zone,
    seen_at timestamp with time zone,
    games bigint,
    rated_games bigint,
    wins bigint,
    losses bigint,
    draws bigint,
    imported_games bigint,
    games_in_progress bigint,
    play_time_s bigint,
    play_time_tv_s bigint,
    play_time_human_s bigint,
    fide_rating bigint,
    uscf_rating bigint,
    ecf_rating bigint,
    rcf_rating bigint,
    cfc_rating bigint,
    dsb_rating bigint,
    perfs jsonb,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (id)
)
"""

RATING_POINTS = """
create table chess_rating_points (
    player text not null,
    perf text not null,
    day date not null,
    rating bigint not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (player, perf, day)
)
"""

GAMES = """
create table chess_games (
    id text not null,
    rated boolean not null,
    variant text not null,
    speed text not null,
    perf text not null,
    created_at timestamp with time zone not null,
    last_move_at timestamp with time zone not null,
    status text not null,
    winner text,
    origin text,
    white_id text,
    white_name text,
    white_title text,
    white_rating bigint,
    white_rating_diff bigint,
    white_provisional boolean,
    white_ai_level bigint,
    white_team text,
    white_berserk boolean,
    white_inaccuracies bigint,
    white_mistakes bigint,
    white_blunders bigint,
    white_acpl bigint,
    white_accuracy double precision,
    white_accuracy_opening double precision,
    white_accuracy_middlegame double precision,
    white_accuracy_endgame double precision,
    black_id text,
    black_name text,
    black_title text,
    black_rating bigint,
    black_rating_diff bigint,
    black_provisional boolean,
    black_ai_level bigint,
    black_team text,
    black_berserk boolean,
    black_inaccuracies bigint,
    black_mistakes bigint,
    black_blunders bigint,
    black_acpl bigint,
    black_accuracy double precision,
    black_accuracy_opening double precision,
    black_accuracy_middlegame double precision,
    black_accuracy_endgame double precision,
    clock_initial_s bigint,
    clock_increment_s bigint,
    clock_total_s bigint,
    days_per_turn bigint,
    arena_id text,
    arena_name text,
    swiss_id text,
    opening_eco text,
    opening_name text,
    opening_ply bigint,
    middlegame_ply bigint,
    endgame_ply bigint,
    initial_fen text,
    last_fen text,
    last_move text,
    import_date text,
    san text[] not null,
    uci text[] not null,
    clock_cs bigint[],
    eval_cp bigint[],
    mate bigint[],
    best text[],
    judgment text[],
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (id)
)
"""

INDEXES = (
    "create index on chess_games (white_id, created_at)",
    "create index on chess_games (black_id, created_at)",
    "create index on chess_games (perf, created_at)",
)

# A joint unnest of all arrays would invent a ply: there may be one clock value more than moves.
MOVES = """
create view chess_moves as
select
    g.id as game,
    cast(m.ply as integer) as ply,
    m.san,
    m.uci,
    g.clock_cs[m.ply] as clock_cs,
    g.eval_cp[m.ply] as eval_cp,
    g.mate[m.ply] as mate,
    g.best[m.ply] as best,
    g.judgment[m.ply] as judgment
from chess_games as g
cross join lateral unnest(g.san, g.uci) with ordinality as m (san, uci, ply)
"""


def upgrade() -> None:
    """Create the tables, their indexes and the view."""
    for statement in (PLAYERS, RATING_POINTS, GAMES, *INDEXES, MOVES):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created."""
    op.execute("drop view chess_moves")
    op.execute("drop table chess_games, chess_rating_points, chess_players")
