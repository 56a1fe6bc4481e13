"""Duels: replays, matches, games, the cards seen in them, and chat for those who ask."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REPLAYS = """
create table duel_replays (
    id text not null,
    ended_at timestamp with time zone not null,
    format text not null,
    format_name text,
    rules text,
    match_type text not null,
    rated boolean not null,
    solo boolean not null,
    tag boolean not null,
    concealed boolean,
    version bigint,
    player1_id text,
    player1_name text not null,
    player1_rating bigint,
    player1_rating_change bigint,
    player1_rating_after bigint,
    player1_experience bigint,
    player1_legality text,
    player1_main_total bigint,
    player1_side_total bigint,
    player1_extra_total bigint,
    player2_id text,
    player2_name text,
    player2_rating bigint,
    player2_rating_change bigint,
    player2_rating_after bigint,
    player2_experience bigint,
    player2_legality text,
    player2_main_total bigint,
    player2_side_total bigint,
    player2_extra_total bigint,
    player3_id text,
    player3_name text,
    player4_id text,
    player4_name text,
    last_s bigint,
    plays jsonb not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (id)
)
"""

MATCHES = """
create table duel_matches (
    replay text not null,
    number bigint not null,
    games bigint not null,
    winner text,
    loser text,
    end_reason text,
    started_s bigint not null,
    ended_s bigint,
    duration_s bigint,
    player1_wins bigint not null,
    player2_wins bigint not null,
    draws bigint not null,
    scores text[] not null,
    rps jsonb not null,
    rps_winner text,
    player1_rating_change bigint,
    player1_rating_after bigint,
    player2_rating_change bigint,
    player2_rating_after bigint,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (replay, number)
)
"""

GAMES = """
create table duel_games (
    replay text not null,
    match bigint not null,
    number bigint not null,
    result text not null,
    winner text,
    loser text,
    end_reason text,
    chooser text,
    chose text,
    went_first text,
    turns bigint not null,
    started_s bigint not null,
    ended_s bigint,
    duration_s bigint,
    opening_hands jsonb not null,
    life jsonb not null,
    life_changes jsonb not null,
    player1_main_total bigint,
    player1_extra_total bigint,
    player2_main_total bigint,
    player2_extra_total bigint,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (replay, match, number)
)
"""

CARDS = """
create table duel_cards (
    replay text not null,
    match bigint not null,
    game bigint not null,
    player text not null,
    card text not null,
    card_id bigint,
    passcode text,
    card_type text,
    frame text,
    custom boolean,
    drawn bigint not null,
    seen bigint not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (replay, match, game, player, card)
)
"""

CHATS = """
create table duel_chats (
    replay text not null,
    lines jsonb not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (replay)
)
"""

INDEXES = (
    "create index on duel_replays (player1_id, ended_at)",
    "create index on duel_replays (player2_id, ended_at)",
    "create index on duel_replays (format, ended_at)",
    "create index on duel_cards (card)",
)


def upgrade() -> None:
    """Create the tables and their indexes."""
    for statement in (REPLAYS, MATCHES, GAMES, CARDS, CHATS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop what `upgrade` created."""
    op.execute("drop table duel_chats, duel_cards, duel_games, duel_matches, duel_replays")
