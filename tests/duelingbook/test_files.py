"""Crawls of saved files: the same way as a download, and nothing beside the answers is kept."""

import os
import subprocess
from pathlib import Path

from tests.crawls.captured import har, save
from tests.duelingbook.site import CALL, DuelingBook

REFUSED = {"action": "Error", "message": "Invalid Token"}


def ok(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr


def test_saved_replays_are_stored_once_however_often_they_are_read(
    book: DuelingBook, tmp_path: Path
) -> None:
    records = book.world.records()
    ids = sorted(records)
    folder = tmp_path / "saved"
    for one in ids[:2]:
        save(folder, f"{one}.json", records[one])
    answers: list[tuple[str, object]] = [(f"{CALL}{ids[2]}", REFUSED)]
    answers += [(f"{CALL}{one}", records[one]) for one in ids[2:4]]
    answers.append(("https://www.duelingbook.com/login", "word-of-somebody"))
    save(folder, "browser.har", har(*answers))
    ok(book.crawl(files=folder))
    assert book.stored == set(ids[:4])
    sizes = book.sizes
    assert book.counts == {"new": sum(sizes.values())}
    pages = book.query("select url, page, status, content_type from raw_pages order by url")
    assert [row[0] for row in pages] == [
        f"https://www.duelingbook.com/replay?id={one}" for one in ids[:4]
    ]
    assert {row[1:3] for row in pages} == {("ReplayPage", 200)}
    fetched = book.column("select fetched_at::text from duel_replays where id = %s", ids[2])
    assert fetched[0].startswith("2026-01-02 03:04:05")
    kept = book.everything_kept()
    for private in (b"word-of-somebody", b"secret", b"555-0100"):
        assert private not in kept
    ok(book.crawl(files=folder))
    assert (book.sizes, book.counts) == (sizes, {})
    book.query("delete from duel_replays returning 1")
    ok(book.crawl(files=f"{folder}/*.json,{folder / 'browser.har'}"))
    assert book.sizes == sizes
    assert book.counts == {"new": 4, "unchanged": sum(sizes.values()) - 4}


def test_chat_is_kept_for_those_who_ask_also_later(book: DuelingBook, tmp_path: Path) -> None:
    replay, data = next(iter(book.world.records().items()))
    path = save(tmp_path, "a.json", data)
    ok(book.crawl(files=path))
    assert (book.sizes["chats"], b"secret" in book.everything_kept()) == (0, False)
    ok(book.crawl(files=path, chat=1))
    ((found, lines),) = book.query("select replay, lines from duel_chats")
    assert found == replay
    assert {line["text"] for line in lines} >= {"secret words", "secret whisper"}
    ok(book.crawl(files=path, chat=1))
    assert (book.counts, book.sizes["chats"]) == ({}, 1)


def test_a_record_that_went_on_replaces_the_earlier_one_and_never_the_other_way(
    book: DuelingBook, tmp_path: Path
) -> None:
    replay, data = next(iter(book.world.records().items()))
    early, late = data | {"plays": data["plays"][:8]}, data
    first, second = (save(tmp_path, f"{n}.json", d) for n, d in (("a", late), ("b", early)))
    os.utime(first, (1_700_000_100, 1_700_000_100))
    os.utime(second, (1_700_000_000, 1_700_000_000))
    ok(book.crawl(files=f"{first},{second}"))
    assert book.stored == {replay}
    assert book.column("select last_s from duel_replays") == [data["plays"][-1]["seconds"]]


def test_what_is_no_replay_is_an_outcome_and_costs_only_itself(
    book: DuelingBook, tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    replay, data = next(iter(book.world.records().items()))
    save(folder, "good.json", data)
    quarantined = ('{"plays": [', "\0\1\2\3", {"some": "object"}, {"id": 9, "plays": []})
    blocked = (har((f"{CALL}5", REFUSED)), "<title>Just a moment...</title>")
    refused = (
        "",
        '{"log": {"entries": [{"cookies": "word-of-somebody"',
        har(("https://www.duelingbook.com/login", "word-of-somebody")),
        "<title>word-of-somebody</title><p>Replay does not exist</p>",
    )
    for number, content in enumerate((*quarantined, *blocked, *refused)):
        save(folder, f"{number}.json", content)
    with (folder / "huge.har").open("wb") as file:
        file.truncate(2**30)
    done = book.crawl(files=folder)
    assert done.returncode == 3, done.stderr
    assert book.stored == {replay}
    counts = book.counts
    assert counts.pop("new") == sum(book.sizes.values())
    assert counts == {"quarantined": 4, "blocked": 2, "refused": 5}
    assert "huge.har: larger than 128 MiB" in done.stderr
    assert "Traceback" not in done.stderr
    assert b"word-of-somebody" not in book.everything_kept() + done.stderr.encode()


def test_a_crawl_that_only_met_a_captcha_is_blocked_and_says_so(
    book: DuelingBook, tmp_path: Path
) -> None:
    done = book.crawl(files=save(tmp_path, "a.har", har((f"{CALL}5", REFUSED))))
    assert done.returncode == 3
    assert "blocked" in done.stderr.splitlines()[-2]
    assert "1 blocked (a captcha is in the way, 'Invalid Token')" in done.stderr
    assert book.query("select status, blocked from crawls") == [("blocked", 1)]


def test_wrong_use_is_one_clear_line_and_code_2(book: DuelingBook) -> None:
    done = book.crawl(files="nowhere.json")
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert said.startswith("scrapy crawl: argument 'files': cannot read '/")
    assert said.endswith("nowhere.json': No such file or directory")
