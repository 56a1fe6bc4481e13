"""What the golden cases cannot show: windows, secrets at every cut, games of every variant."""

import json
import random
from collections.abc import Iterable
from typing import Any

import chess
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.boards import BOARDS
from crawlers.items.base import Reject
from crawlers.items.chess import ChessGame
from spiders.lichess.pages import GamesPage, PlayerPage
from spiders.lichess.vocabulary import VARIANTS
from spiders.lichess.windows import Ongoing

URL = "https://lichess.org/api/games/user/ada"


def game(game_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": game_id,
        "rated": True,
        "variant": "standard",
        "speed": "blitz",
        "perf": "blitz",
        "createdAt": 1735689600000,
        "lastMoveAt": 1735689700000,
        "status": "resign",
        "source": "pool",
        "players": {"white": {}, "black": {}},
        "moves": "e4 e5",
    } | fields


def ndjson(games: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in games)


def page(body: bytes) -> GamesPage:
    return GamesPage(URL, GamesPage.redact(body))


def test_a_window_tells_how_far_it_reaches() -> None:
    body = ndjson(
        [
            game("newest01", createdAt=3000),
            game("newest02", createdAt=3000, status="nonsense"),
            game("playing1", createdAt=2000, status="started"),
            game("imported", createdAt=1500, status="started", source="import"),
            game("oldest01", createdAt=1000),
        ]
    )
    window = page(body).window()
    assert (window.lines, window.complete) == (5, True)
    assert (window.oldest_ms, window.newest_ms) == (1000, 3000)
    assert list(window.created_ms) == ["newest01", "newest02", "playing1", "imported", "oldest01"]
    assert window.ongoing == (Ongoing("playing1", "blitz", rated=True),)


def test_an_empty_window_is_complete() -> None:
    window = page(b"").window()
    assert (window.lines, window.complete, window.newest_ms) == (0, True, None)


def test_a_window_that_ends_in_mid_line_is_not_complete() -> None:
    window = page(
        ndjson([game("whole001", createdAt=7), game("cut00001", createdAt=9)])[:-1]
    ).window()
    assert (window.lines, window.complete, window.newest_ms) == (2, False, 7)


def test_a_line_without_a_usable_time_counts_but_bounds_nothing() -> None:
    window = page(ndjson([game("goodtime", createdAt=7), game("notime01", createdAt="9")])).window()
    assert (window.lines, window.newest_ms) == (2, 7)
    assert window.created_ms == {"goodtime": 7}


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"a","fullId":"aSECRETS","winner":"white"}',
        '{"fullId":"aSECRETS","id":"a","winner":"white"}',
        '{"id":"a","winner":"white","fullId":"aSECRETS"}',
        '{"id": "a", "fullId" : "aSECRETS", "winner": "white"}',
        '{\n "id": "a",\n "fullId":\n  "aSECRETS",\n "winner": "white"\n}',
    ],
)
def test_the_key_to_a_game_goes_and_all_else_stays(text: str) -> None:
    assert json.loads(GamesPage.redact(text.encode())) == {"id": "a", "winner": "white"}


@pytest.mark.parametrize("broken", ["", "}", '"', "\n{}\n", ",,", "\\"])
def test_the_key_to_a_game_goes_wherever_the_body_is_cut_or_broken(broken: str) -> None:
    text = '{"id":"a","fullId":"~~~~~~~~","winner":"white","fullId": ~~~~~~~~}\n'
    for cut in range(len(text) + 1):
        assert b"~" not in GamesPage.redact((text[:cut] + broken).encode())


def test_of_an_account_no_cut_lets_anything_private_through() -> None:
    private = {"bio": "~", "realName": "~", "location": "~", "links": "~", "flag": "GB"}
    account = {"id": "ada", "username": "Ada", "profile": private, "streamer": {"name": "~"}}
    body = json.dumps(account).encode()
    for cut in range(len(body) + 1):
        assert b"~" not in PlayerPage.redact(body[:cut])
    assert json.loads(PlayerPage.redact(body)) == {
        "id": "ada",
        "username": "Ada",
        "profile": {"flag": "GB"},
    }


@pytest.mark.parametrize("body", [b"\xff~", b"[1]", b'"~"', b"NaN"])
def test_of_an_account_that_cannot_be_read_nothing_is_kept(body: bytes) -> None:
    assert PlayerPage.redact(body) == b""


def test_of_a_block_page_only_the_sign_is_kept() -> None:
    assert PlayerPage.redact(b" <html>~") == b"<"


def test_every_variant_of_the_api_has_a_board() -> None:
    assert set(BOARDS) == VARIANTS


def played(variant: str, seed: int) -> tuple[dict[str, Any], list[str]]:
    """Return a game of random legal moves, and its moves in UCI as python-chess sees them."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable game, no secret
    board = BOARDS[variant](chess960=variant == "chess960")
    if variant == "chess960":
        board.set_chess960_pos(dice.randrange(960))
    fields = {"initialFen": board.fen()} if variant in {"chess960", "fromPosition"} else {}
    san: list[str] = []
    uci: list[str] = []
    while len(san) < 40 and not board.is_game_over():
        moves = sorted(board.legal_moves, key=chess.Move.uci)
        castling = [move for move in moves if board.is_castling(move)]
        move = dice.choice(castling or moves)
        san.append(board.san(move))
        uci.append(board.uci(move))
        board.push(move)
    status = "mate" if board.is_checkmate() else "draw"
    return game("random01", variant=variant, moves=" ".join(san), status=status, **fields), uci


@given(variant=st.sampled_from(sorted(VARIANTS)), seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_a_game_of_any_variant_gives_its_own_moves(variant: str, seed: int) -> None:
    data, uci = played(variant, seed)
    (item,) = page(ndjson([data])).items()
    assert isinstance(item, ChessGame), item
    assert list(item.uci) == uci


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_line_that_is_no_game_is_rejected(noise: bytes) -> None:
    body = ndjson([game("before01")]) + b"x" + noise.replace(b"\n", b"") + b"\n"
    first, second = page(body).items()
    assert isinstance(first, ChessGame)
    assert isinstance(second, Reject)
    assert second.place == "line 2"


@pytest.mark.parametrize("depth", [100, 100_000])
def test_json_nested_without_end_is_rejected(depth: int) -> None:
    (found,) = page(b'{"players":' * depth + b"\n").items()
    assert isinstance(found, Reject)
