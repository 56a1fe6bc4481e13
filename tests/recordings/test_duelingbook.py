"""Every recorded replay of DuelingBook through its page, held against independent results."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Item, Reject, Unknown
from crawlers.items.duels import DuelGame, DuelMatch, DuelReplay
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer
from crawlers.storage.queries import table_sizes
from spiders.duelingbook.pages import ReplayPage, ReplayWithChatPage
from tests.storage.things import NOON

SITE = "https://www.duelingbook.com"


def replays(folder: Path) -> Iterator[tuple[Path, ReplayPage]]:
    """Yield a page for every recorded replay."""
    for path in sorted((folder / "duelingbook").glob("*/*.json")):
        body = path.read_bytes()
        url = f"{SITE}/replay?id={json.loads(body)['id']}"
        yield path, ReplayPage(url, ReplayPage.redact(body))


def replay_of(page: ReplayPage) -> DuelReplay:
    """Return the replay; fail for anything beside it."""
    (replay,) = page.items()
    assert isinstance(replay, DuelReplay)
    return replay


def results(replay: DuelReplay) -> dict[str, Any]:
    """Return the replay in the words of ``expected.json``."""
    return {
        "id": int(replay.id),
        "date": f"{replay.ended_at:%Y-%m-%d %H:%M:%S}",
        "format": replay.format,
        "match_type": replay.match_type,
        "rated": replay.rated,
        "player1": replay.player1_name,
        "player2": replay.player2_name,
        "ratings_before": [replay.player1_rating, replay.player2_rating],
        "last_second": replay.last_s,
        "n_plays": sum(replay.plays.values()),
        "matches": [match_results(replay, match) for match in replay.matches],
    }


def match_results(replay: DuelReplay, match: DuelMatch) -> dict[str, Any]:
    games = [game for game in replay.games if game.match == match.number]
    found: dict[str, Any] = {
        "games": [game_results(game) for game in games],
        "loser": match.loser,
        "loss_play": match.end_reason,
        "points": [match.player1_rating_change, match.player2_rating_change],
        "game_score_p1_p2_draw": [match.player1_wins, match.player2_wins, match.draws],
        "match_winner": match.winner,
    }
    if match.scores:
        found["scores"] = list(match.scores)
    if match.rps and games:
        found["games"][0]["rps"] = [
            {"p1": throw.player1, "p2": throw.player2, "winner": throw.winner}
            for throw in match.rps
        ]
    return found


def game_results(game: DuelGame) -> dict[str, Any]:
    return {
        "game": game.number,
        "start_s": game.started_s,
        "chooser": game.chooser,
        "chose": game.chose,
        "went_first": game.went_first,
        "opening_hands": {player: list(hand) for player, hand in game.opening_hands.items()},
        "winner": game.winner,
        "end_reason": game.end_reason,
        "end_s": game.ended_s,
        "turns": game.turns,
    }


def test_every_replay_agrees_with_the_expected_results_on_every_field(
    recordings: Path, report: list[str]
) -> None:
    folder = recordings / "duelingbook"
    expected = json.loads((folder / "expected.json").read_text())
    found = {
        str(path.relative_to(folder)): results(replay_of(page))
        for path, page in replays(recordings)
    }
    assert {name: found[name] for name in expected} == expected
    assert {name for name in found if name.startswith("matches/")} == set(expected)
    report.append(f"{'duels':<16}{'as expected':<14}{len(expected):>6}")


def test_a_replay_of_one_player_alone_has_no_winner(recordings: Path) -> None:
    alone = [replay_of(page) for path, page in replays(recordings) if path.parent.name == "solo"]
    assert len(alone) == 6
    for replay in alone:
        assert replay.solo
        assert (replay.player2_id, replay.player2_name) == (None, None)
        assert [match.winner for match in replay.matches] == [None]
        assert [(game.result, game.winner) for game in replay.games] == [("unfinished", None)]


def test_no_card_is_seen_more_often_than_a_deck_may_hold_it(recordings: Path) -> None:
    cards = [card for _, page in replays(recordings) for card in replay_of(page).cards]
    assert len(cards) > 200
    for card in cards:
        assert 1 <= card.seen <= 3, card
        assert card.drawn <= card.seen, card
        assert card.drawn > 0 or card.frame in {"Fusion", "Synchro", "Xyz", "Link"}, card


def test_chat_is_only_in_what_was_asked_for(recordings: Path) -> None:
    for path in sorted((recordings / "duelingbook").glob("*/*.json")):
        said = [
            play["message"]
            for play in json.loads(path.read_bytes())["plays"]
            if play["play"] in {"Duel message", "Watcher message"} and len(play["message"]) > 9
        ]
        without = ReplayPage.redact(path.read_bytes())
        kept = ReplayWithChatPage.redact(path.read_bytes())
        for text in said:
            words = json.dumps(text, ensure_ascii=False).encode()
            assert words not in without
            assert words in kept


async def test_every_replay_is_stored(
    recordings: Path, report: list[str], database_config: Config
) -> None:
    """Two of the files are one solo replay, which somebody went on with: the last one stays."""
    database = Database(database_config)
    keys: dict[str, set[tuple[str, tuple[Any, ...]]]] = {}
    async with Writer(database) as writer:
        for _, page in replays(recordings):
            found = list(page.items())
            assert not any(isinstance(one, Reject | Unknown) for one in found)
            items = [one for one in found if isinstance(one, Item)]
            keys[page.url] = {(row.table, row.key) for item in items for row in item.rows()}
            harvest = Harvest("duelingbook", page.url, NOON, items=items)
            stored = await writer.store(harvest)
            assert stored.quarantined == 0
    sizes = await table_sizes(database)
    await database.close()
    wanted = Counter(table for found in keys.values() for table, _ in found)
    report += [f"stored in {table:<22}{count:>6}" for table, count in sorted(wanted.items())]
    assert {table: sizes[table] for table in wanted} == wanted
