"""How far our analysis agrees with that of Lichess, for every recorded game that it analysed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from crawlers.analysis.analyser import Analyser
from crawlers.analysis.arguments import CORES, limit_of
from crawlers.analysis.engines import running
from crawlers.analysis.find import find_engine
from crawlers.analysis.formulas import INITIAL, average_loss, game_accuracy
from crawlers.analysis.judgments import judge
from crawlers.config import Config
from crawlers.evaluations import Score, Verdict
from crawlers.harvest import Harvest
from crawlers.items.chess import ChessGame
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from tests.recordings.test_lichess import documents, found_in
from tests.storage.things import NOON

LIMIT = limit_of(None, None)
SIDES = ("white", "black")


def analysed(folder: Path) -> dict[str, ChessGame]:
    """Return the games that Lichess analysed, each as the recording that says most of it."""
    games: dict[str, ChessGame] = {}
    for path in sorted((folder / "lichess").rglob("*json")):
        for data in documents(path.read_text()):
            for one in _games(path, data):
                if one.white_acpl is not None and said(one) > said(games.get(one.id)):
                    games[one.id] = one
    return games


def _games(path: Path, data: Any) -> Iterator[ChessGame]:
    for recorded in found_in(path, data):
        if recorded.kind == "game":
            yield from (one for one in recorded.page.items() if isinstance(one, ChessGame))


def said(game: ChessGame | None) -> int:
    """Return how many fields of *game* have a value; of none -1."""
    return sum(one is not None for one in dict(game).values()) if game else -1


def scores_of(game: ChessGame) -> list[Score]:
    """Return Lichess's own scores."""
    assert game.eval_cp is not None
    assert game.mate is not None
    return [Score(*one) for one in zip(game.eval_cp, game.mate, strict=True)]


def test_the_formulas_say_of_lichess_own_evaluations_what_lichess_says(recordings: Path) -> None:
    games = [game for game in analysed(recordings).values() if game.eval_cp]
    assert games
    for game in games:
        scores = scores_of(game)
        accuracy = game_accuracy(scores, white_first=True)
        assert accuracy is not None
        assert [round(one) for one in accuracy] == [game.white_accuracy, game.black_accuracy]
        assert average_loss(scores, white_first=True) == (game.white_acpl, game.black_acpl)
        assert game.best is not None
        judged = [
            judge(before, after, by_white=place % 2 == 0) if best else None
            for place, (before, after, best) in enumerate(
                zip([INITIAL, *scores], scores, game.best, strict=False)
            )
        ]
        assert judged == list(game.judgment or ())


async def verdicts(config: Config, games: Sequence[ChessGame]) -> dict[str, Verdict]:
    """Store *games* and analyse them."""
    database = Database(config)
    try:
        async with Writer(database) as writer:
            await writer.store(Harvest("lichess", "", NOON, items=list(games)))
        async with running(find_engine(), CORES, 16) as engines:
            analyser = Analyser(database, engines)
            return {game.id: (await analyser.analyse(game.id, LIMIT)).verdict for game in games}
    finally:
        await database.close()


def differences(game: ChessGame, verdict: Verdict) -> Iterator[tuple[str, float]]:
    """Yield by how much we differ from Lichess: of each side, and of each ply where it says it."""
    for name in SIDES:
        side = getattr(verdict, name)
        accuracy, acpl = getattr(game, f"{name}_accuracy"), getattr(game, f"{name}_acpl")
        yield "accuracy", abs(side.accuracy - accuracy)
        yield "acpl", abs(side.acpl - acpl)
        for kind in ("inaccuracies", "mistakes", "blunders"):
            yield kind, abs(getattr(side, kind) - getattr(game, f"{name}_{kind}"))
    for ply, said in zip(verdict.plies, game.judgment or (), strict=False):
        yield "equal judgments", ply.judgment == said
        yield "both or neither an error", (ply.judgment is None) == (said is None)


async def test_our_analyses_agree_with_those_of_lichess(
    recordings: Path, report: list[str], database_config: Config
) -> None:
    games = analysed(recordings)
    found = await verdicts(database_config, list(games.values()))
    values: dict[str, list[float]] = {}
    for game in games.values():
        for name, value in differences(game, found[game.id]):
            values.setdefault(name, []).append(value)
    report += [f"{name:<26}{fmean(many):>8.2f} of {len(many)}" for name, many in values.items()]
    report += [
        f"{one.id} {name}: {getattr(found[one.id], name)}"
        for one in games.values()
        for name in SIDES
    ]
    assert fmean(values["accuracy"]) < 5
    assert fmean(values["acpl"]) < 10
    assert fmean(values["equal judgments"]) > 0.85
