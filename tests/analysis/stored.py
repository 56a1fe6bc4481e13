"""Games that are stored, and what the database then has of their analysis."""

from typing import Any

import chess
from psycopg import connect
from psycopg.rows import dict_row

from crawlers.boards import board_of
from crawlers.config import Config

PUT = """
insert into chess_games (id, rated, variant, speed, perf, created_at, last_move_at, status,
    white_id, black_id, initial_fen, san, uci,
    source, source_url, fetched_at, first_seen_at, changed_at, checked_at)
values (%(id)s, true, %(variant)s, 'blitz', 'blitz', %(at)s, now(), 'resign',
    %(white)s, 'grace', %(initial_fen)s, %(uci)s, %(uci)s,
    'lichess', '', now(), now(), now(), now())
"""
FOOLS_MATE = "f3 e5 g4 Qh4#"
SCHOLARS_MATE = "e4 e5 Bc4 Nc6 Qh5 Nf6 Qxf7#"


def put(config: Config, game: str, moves: str, **others: str | None) -> None:
    """Store *game* of ada against grace with *moves* in SAN; *others* are columns."""
    board = board_of(others.get("variant") or "standard", others.get("initial_fen"))
    uci = [board.push_san(san).uci() for san in moves.split()]
    put_raw(config, game, uci, **others)


def put_raw(config: Config, game: str, uci: list[str], **others: str | None) -> None:
    """Store *game* as it is given, whether or not it can be played."""
    values = {
        "variant": "standard",
        "initial_fen": None,
        "at": "2026-01-01",
        "white": "ada",
    } | others
    with connect(url_of(config)) as connection:
        connection.execute(PUT, values | {"id": game, "uci": uci})


def ask(config: Config, query: str) -> list[dict[str, Any]]:
    """Return the rows that the database answers."""
    with connect(url_of(config), row_factory=dict_row) as connection:
        return connection.execute(query.encode()).fetchall()


def url_of(config: Config) -> str:
    """Return the address of the database."""
    assert config.database_url is not None
    return config.database_url.get_secret_value()


def random_moves(plies: int, seed: int) -> str:
    """Return legal moves, always the same for a *seed*."""
    board, words = chess.Board(), []
    for ply in range(plies):
        moves = sorted(board.legal_moves, key=str)
        move = moves[(seed * 7919 + ply * 104_729) % len(moves)]
        words.append(board.san(move))
        board.push(move)
    return " ".join(words)
