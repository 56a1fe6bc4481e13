"""A site that misbehaves: what can be stored is stored, and everything else is said."""

import re
import resource
from pathlib import Path
from typing import Any

import pytest

from tests.lichess.brisk import DEADLINE_S
from tests.lichess.conftest import NewLichess
from tests.lichess.origin import Recorder, recorder
from tests.lichess.site import Lichess
from tests.replica import UserSpec, World
from tests.replica.lichess import (
    BLOCK_PAGE,
    GARBAGE,
    TOO_MANY,
    UNKNOWN_STATUS,
    UNKNOWN_VARIANT,
)

BROKEN: dict[str, dict[str, Any]] = {
    "Truncated": {"kind": "truncate"},
    "Garbage": GARBAGE,
    "Status": UNKNOWN_STATUS | {"line": 3},
    "Variant": UNKNOWN_VARIANT | {"line": 0},
    "Illegal": {
        "kind": "merge",
        "values": {"moves": "e4 e5 Ke3 Nf6", "clocks": None, "analysis": None},
        "line": 5,
    },
    "Nameless": {"kind": "merge", "values": {"id": None}, "line": 7},
}
"""A fault for the first window of each player, by name."""
ALICE = World(users=(UserSpec("Alice", games=60, odd=0),), pool=4)


def window_of(player: str) -> str:
    """Return the pattern of a player's windows."""
    return f"user/{player}.*sort=dateAsc"


def assert_complete(site: Lichess) -> None:
    """Check that every finished game is stored, and that the site was never hurried."""
    assert site.stored == site.finished()
    assert site.column("select count(*) from chess_games") == [len(site.finished())]
    site.assert_serial()


def test_a_game_that_cannot_be_read_is_quarantined_and_the_next_run_asks_for_it_again(
    lichess: NewLichess,
) -> None:
    users = tuple(UserSpec(name, games=30, odd=0) for name in BROKEN)
    site = lichess(World(users=users, pool=4))
    for player, fault in BROKEN.items():
        site.site.add_fault(path=window_of(player), **fault)
    done = site.crawl(players=",".join(BROKEN))
    assert done.returncode == 3, done.stderr
    assert "6 quarantined" in done.stderr
    lost = {
        site.entries("Status")[3].id: "unknown status 'adjourned'",
        site.entries("Variant")[0].id: "unknown variant 'fogOfWar'",
        site.entries("Illegal")[5].id: "illegal san: 'Ke3'",
        site.entries("Nameless")[7].id: "",
    }
    assert site.stored == site.finished() - lost.keys()
    assert_quarantined(site, lost)
    pages = site.raw_bodies()
    assert set(site.column("select sha256 from raw_pages")) == pages.keys()
    again = site.crawl(players=",".join(BROKEN))
    assert again.returncode == 0, again.stderr
    assert_complete(site)
    assert all(mark["unfinished"] == [] for mark in site.column("select value from marks"))


def assert_quarantined(site: Lichess, lost: dict[str, str]) -> None:
    """Check that the quarantine says what is wrong with each game, and keeps its bytes."""
    rows = site.query("select place, error, body from quarantine")
    assert len(rows) == 6
    said = {place.split()[-1]: (error, body) for place, error, body in rows}
    for game, reason in lost.items():
        if reason:
            error, body = said[game]
            assert reason in error
            assert game.encode() in body
    assert said["brokenXX"][1] == GARBAGE["text"].encode()
    assert sum("truncated" in error for _, error, _ in rows) == 1
    assert not any(b"fullId" in body for _, _, body in rows)


def test_a_site_in_trouble_is_asked_again_until_nothing_is_missing(lichess: NewLichess) -> None:
    site = lichess(ALICE)
    site.site.add_fault("answer", "api/user/Alice$", status=503, times=3)
    site.site.add_fault("answer", "rating-history", status=502)
    site.site.add_fault("gzip", "ongoing=true")
    site.site.add_fault("cut", window_of("Alice"), after=9_000)
    site.site.add_fault("answer", window_of("Alice"), status=500, times=2)
    site.site.add_fault(path="max=500", **TOO_MANY)
    done = site.crawl(players="Alice")
    assert done.returncode == 0, done.stderr
    assert_complete(site)
    assert site.query("select * from quarantine") == []
    assert site.site.state["faults"] == []


def test_a_line_with_an_absurd_time_moves_no_mark_past_games_that_nobody_read(
    lichess: NewLichess,
) -> None:
    site = lichess(ALICE)
    absurd = {"createdAt": 9_999_999_999_999}
    site.site.add_fault("merge", window_of("Alice"), values=absurd, line=3)
    done = site.crawl(players="Alice")
    assert done.returncode == 3, done.stderr
    assert len(site.stored) == 20, "what the page held is kept"
    assert site.mark("alice") is None
    rest = site.crawl(players="Alice")
    assert rest.returncode == 0, rest.stderr
    assert_complete(site)
    years = "select count(*) from chess_games where created_at > now()"
    assert site.column(years) == [0]


@pytest.mark.parametrize(
    ("user", "path"),
    [
        (UserSpec("Alice", games=40, odd=0, ongoing=1), "ongoing=true"),
        (UserSpec("Alice", games=1, odd=0), window_of("Alice")),
    ],
    ids=["ongoing", "window"],
)
def test_an_answer_that_is_cut_after_a_retry_is_asked_for_again(
    lichess: NewLichess, user: UserSpec, path: str
) -> None:
    site = lichess(World(users=(user,), pool=4))
    site.site.add_fault("answer", path, status=503)
    site.site.add_fault("truncate", path)
    done = site.crawl(players="Alice")
    assert "1 quarantined" in done.stderr
    assert site.site.state["faults"] == []
    assert_complete(site)
    assert site.mark("alice") is not None


def test_a_transfer_that_stalls_ends_at_the_deadline_and_is_tried_again(
    lichess: NewLichess,
) -> None:
    site = lichess(ALICE)
    site.site.add_fault("stall", window_of("Alice"), after=5_000)
    done = site.crawl(players="Alice")
    assert done.returncode == 0, done.stderr
    assert_complete(site)
    [stalled] = [transfer for transfer in site.site.log if transfer["fault"]]
    assert not stalled["complete"]
    assert DEADLINE_S - 2 < stalled["end"] - stalled["start"] < DEADLINE_S + 20


def test_an_export_whose_lists_are_cut_is_asked_again_and_leaves_no_hole(
    lichess: NewLichess,
) -> None:
    site = lichess(World(users=(UserSpec("Alice", games=40, odd=0, ongoing=3),), pool=4))
    site.site.add_fault("truncate", "ongoing=true")
    first = site.crawl(players="Alice")
    assert first.returncode == 3, first.stderr
    playing = {entry.id for entry in site.games.of("Alice") if not entry.shape.finished}
    mark = site.mark("alice")
    assert mark is not None
    assert set(mark["unfinished"]) == playing
    for game in playing:
        site.site.control("finish", {"id": game})
    site.site.add_fault("truncate", "_ids")
    second = site.crawl(players="Alice")
    assert second.returncode == 3, second.stderr
    assert len(playing - site.stored) == 1
    third = site.crawl(players="Alice")
    assert third.returncode == 0, third.stderr
    assert site.stored == site.finished() | playing


def test_a_block_page_is_blocked_and_never_an_empty_success(lichess: NewLichess) -> None:
    site = lichess(ALICE)
    site.site.add_fault(**BLOCK_PAGE | {"times": None})
    done = site.crawl(players="Alice")
    assert done.returncode == 3, done.stderr
    assert "lichess: blocked" in done.stderr
    assert site.query("select * from chess_players") == []
    site.site.control("faults")
    site.site.add_fault(path="max=500", **BLOCK_PAGE)
    half = site.crawl(players="Alice")
    assert half.returncode == 3, half.stderr
    assert "blocked 1" in half.stderr
    assert len(site.stored) == 20
    rest = site.crawl(players="Alice")
    assert rest.returncode == 0, rest.stderr
    assert_complete(site)


def test_an_unknown_player_is_refused_and_a_closed_one_is_stored(lichess: NewLichess) -> None:
    site = lichess(World(users=(*ALICE.users, UserSpec("Gone", closed=True)), pool=4))
    some = site.crawl(players="Nobody,Alice")
    assert some.returncode == 3, some.stderr
    assert "refused 1" in some.stderr
    assert_complete(site)
    none = site.crawl(players="Nobody")
    assert none.returncode == 1, none.stderr
    assert "lichess: failed" in none.stderr
    closed = site.crawl(players="Gone")
    assert closed.returncode == 0, closed.stderr
    assert site.column("select closed from chess_players where id = 'gone'") == [True]


def test_the_token_goes_to_the_site_and_nowhere_else(lichess: NewLichess) -> None:
    site = lichess(ALICE)
    with recorder() as elsewhere:
        site.crawls.environment["LICHESS_TOKEN"] = "good_token"  # noqa: S105 - the replica's own
        assert_token_stays(site, elsewhere)
    site.crawls.environment["LICHESS_TOKEN"] = "wrong_token"  # noqa: S105 - known to nobody
    seen = len(site.site.log)
    refused = site.crawl(players="Alice")
    assert refused.returncode == 1, refused.stderr
    assert "refused 1" in refused.stderr
    assert {transfer["status"] for transfer in site.site.log[seen:]} == {401}


def assert_token_stays(site: Lichess, elsewhere: Recorder) -> None:
    """Crawl while the site redirects to another origin; look for the token everywhere."""
    site.site.add_fault(
        "answer", "max=500", status=302, headers={"Location": f"{elsewhere.origin}/x?y=1"}, times=2
    )
    for follow in (False, True):
        settings = {
            "ALLOWED_PRIVATE_ORIGINS": f"{site.site.origin},{elsewhere.origin}",
            "LOG_LEVEL": "DEBUG",
        } | ({"REDIRECT_ENABLED": True} if follow else {})
        done = site.crawl(players="Alice", settings=settings)
        assert "good_token" not in done.stderr + done.stdout
        if not follow:
            assert done.returncode == 3, done.stderr
            assert elsewhere.requests == []
            assert len(site.stored) == 20
            site.query("delete from marks")
    assert len(elsewhere.requests) >= 2, "its robots.txt, then the page"
    assert not any("authorization" in headers for headers in elsewhere.requests)
    assert "good_token" not in str(elsewhere.requests)
    assert b"good_token" not in site.everything_kept()


@pytest.mark.parametrize("how", ["no folder", "disk full"])
def test_a_raw_store_that_cannot_be_written_stops_the_crawl_and_no_row_lacks_its_page(
    lichess: NewLichess, tmp_path: Path, how: str
) -> None:
    site = lichess(ALICE)
    if how == "no folder":
        (tmp_path / "store").write_text("not a folder")
        site.crawls.environment["RAW_STORE_URL"] = (tmp_path / "store").as_uri()
    process = site.start(players="Alice")
    if how == "disk full":
        # The account and the first window fit into files of that size, the second does not.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    done = site.ended(process)
    assert done.returncode == 1, done.stderr
    reasons = [line for line in done.stderr.splitlines() if re.search("raw store .*: .", line)]
    assert reasons, done.stderr
    assert "Traceback" not in done.stderr
    assert len(reasons) <= 3, reasons
    if how == "disk full":
        assert site.raw_bodies().keys() == set(site.column("select sha256 from raw_pages"))
        assert site.column("select count(*) from chess_players") == [1]
        assert len(site.stored) == 20
        rest = site.crawl(players="Alice")
        assert rest.returncode == 0, rest.stderr
        assert_complete(site)
