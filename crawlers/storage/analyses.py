"""What engines say of games and positions, in the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection

from crawlers.evaluations import Engine, Evaluation, Limit, Score, Side, StoredGame, Verdict
from crawlers.storage.database import Database
from crawlers.storage.things import Row, rows

Connection = AsyncConnection[Any]

# Said before by the same engine, at the same limit or a higher one.
KNOWN = """
select key, eval_cp, mate, line, nodes from chess_positions
where key = any(%(keys)s) and engine = %(engine)s and version = %(version)s
  and limit_kind = %(limit_kind)s and limit_value >= %(limit_value)s
"""

KEEP_POSITIONS = """
insert into chess_positions as t (key, engine, version, limit_kind, limit_value,
                                  eval_cp, mate, line, nodes)
values (%(key)s, %(engine)s, %(version)s, %(limit_kind)s, %(limit_value)s,
        %(eval_cp)s, %(mate)s, %(line)s, %(nodes)s)
on conflict (key, engine, version, limit_kind) do update
set limit_value = excluded.limit_value, eval_cp = excluded.eval_cp, mate = excluded.mate,
    line = excluded.line, nodes = excluded.nodes, analysed_at = excluded.analysed_at
where excluded.limit_value > t.limit_value
"""

SIDES = [
    f"{color}_{name}"
    for color in ("white", "black")
    for name in ("accuracy", "acpl", "inaccuracies", "mistakes", "blunders")
]
PLIES = ("eval_cp", "mate", "line", "win_percent", "judgment")
KEY = ("game", "engine", "version", "limit_kind")
KEPT = ("limit_value", *SIDES, *PLIES)

KEEP = f"""
insert into chess_analyses as t ({", ".join((*KEY, *KEPT))})
values ({", ".join(f"%({name})s" for name in (*KEY, *KEPT))})
on conflict ({", ".join(KEY)}) do update
set {", ".join(f"{name} = excluded.{name}" for name in (*KEPT, "analysed_at"))}
where excluded.limit_value >= t.limit_value or cardinality(excluded.line) <> cardinality(t.line)
"""  # noqa: S608 - all of it is ours
# An imported game may have got more moves since: what was said of fewer is no longer said of it.

IS_DONE = """
exists (select from chess_analyses as a
        where a.game = g.id and a.engine = %(engine)s and a.version = %(version)s
          and a.limit_kind = %(limit_kind)s and a.limit_value >= %(limit_value)s
          and cardinality(a.line) = cardinality(g.uci))
"""

OF_PLAYER = f"""
select g.id, {IS_DONE} from (
    select id, uci, created_at from chess_games where white_id = %(player)s
    union
    select id, uci, created_at from chess_games where black_id = %(player)s
    order by created_at desc, id limit %(most)s
) as g order by g.created_at desc, g.id
"""  # noqa: S608 - all of it is ours

OF_GAMES = f"""
select given.id, coalesce({IS_DONE}, false) from unnest(%(games)s::text[]) with ordinality
    as given (id, place)
left join chess_games as g on g.id = given.id order by given.place limit %(most)s
"""  # noqa: S608 - all of it is ours

ANALYSED = """
select from chess_analyses as a join chess_games as g on g.id = a.game
where a.game = %(game)s and a.limit_kind = %(kind)s and a.limit_value >= %(value)s
  and cardinality(a.line) = cardinality(g.uci)
"""
GAME = "select id, variant, initial_fen, uci from chess_games where id = %s"


def _said_by(engine: Engine, limit: Limit) -> dict[str, Any]:
    return {
        "engine": engine.name,
        "version": engine.version,
        "limit_kind": limit.kind,
        "limit_value": limit.value,
    }


async def known(
    database: Database, engine: Engine, limit: Limit, keys: Sequence[str]
) -> dict[str, Evaluation]:
    """Return what *engine* has said before of positions, at *limit* or a higher one."""
    values = _said_by(engine, limit) | {"keys": list(keys)}

    async def work(connection: Connection) -> dict[str, Evaluation]:
        rows = await (await connection.execute(KNOWN, values)).fetchall()
        return {
            key: Evaluation(Score(cp, mate), tuple(line.split()), nodes)
            for key, cp, mate, line, nodes in rows
        }

    return await database.run(work)


async def keep_positions(
    database: Database, engine: Engine, limit: Limit, found: Mapping[str, Evaluation]
) -> None:
    """Keep what *engine* said of positions, by key, unless it is known at a higher limit."""
    by = _said_by(engine, limit)
    # In one order for all, so that writers never wait for each other in a ring.
    rows = [
        by | {"key": key, "eval_cp": one.score.cp, "mate": one.score.mate,
              "line": " ".join(one.line), "nodes": one.nodes}
        for key, one in sorted(found.items())
    ]  # fmt: skip

    async def work(connection: Connection) -> None:
        async with connection.cursor() as cursor:
            await cursor.executemany(KEEP_POSITIONS, rows)

    await database.run(work)


async def keep(
    database: Database, engine: Engine, limit: Limit, game: str, verdict: Verdict
) -> None:
    """Keep the *verdict* on *game*, unless there is one of all its moves at a higher limit."""
    plies = verdict.plies
    values = _said_by(engine, limit) | {
        "game": game,
        **_columns("white", verdict.white),
        **_columns("black", verdict.black),
        "eval_cp": [ply.score.cp for ply in plies],
        "mate": [ply.score.mate for ply in plies],
        "line": [ply.line for ply in plies],
        "win_percent": [ply.win_percent for ply in plies],
        "judgment": [ply.judgment for ply in plies],
    }

    async def work(connection: Connection) -> None:
        await connection.execute(KEEP.encode(), values)

    await database.run(work)


def _columns(color: str, side: Side) -> dict[str, Any]:
    names = ("accuracy", "acpl", "inaccuracies", "mistakes", "blunders")
    return {f"{color}_{name}": getattr(side, name) for name in names}


async def of_player(
    database: Database, engine: Engine, limit: Limit, player: str, most: int | None
) -> dict[str, bool]:
    """Return the games of *player*, the newest first, and whether each has been analysed."""
    values = {"player": player, "most": most}
    return await _chosen(database, OF_PLAYER, _said_by(engine, limit) | values)


async def of_games(
    database: Database, engine: Engine, limit: Limit, games: Sequence[str], most: int | None
) -> dict[str, bool]:
    """Return *games*, and whether each has been analysed; one that is not stored has not."""
    values = {"games": list(games), "most": most}
    return await _chosen(database, OF_GAMES, _said_by(engine, limit) | values)


async def _chosen(database: Database, query: str, values: Mapping[str, Any]) -> dict[str, bool]:
    async def work(connection: Connection) -> dict[str, bool]:
        return dict(await (await connection.execute(query.encode(), values)).fetchall())

    return await database.run(work)


async def stored_game(database: Database, game: str) -> StoredGame | None:
    """Return the moves of *game*, if it is stored."""

    async def work(connection: Connection) -> StoredGame | None:
        row = await (await connection.execute(GAME, [game])).fetchone()
        return row and StoredGame(row[0], row[1], row[2], tuple(row[3]))

    return await database.run(work)


async def of_game(database: Database, game: str) -> list[Row]:
    """Return what engines say of *game*, the newest first."""
    query = "select * from chess_analyses where game = %(game)s order by analysed_at desc, engine"
    return await rows(database, query, {"game": game})


async def is_analysed(database: Database, game: str, limit: Limit) -> bool:
    """Tell whether any engine has analysed *game* at *limit* or a higher one."""
    values = {"game": game, "kind": limit.kind, "value": limit.value}
    return bool(await rows(database, ANALYSED, values))
