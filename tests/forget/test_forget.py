"""``scrapy forget profile``: one person is erased everywhere, and another is as before."""

import json
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from crawlers.config import Config
from crawlers.errors import MissingObjectError, RawStoreError
from crawlers.items.base import Mark, Reject
from crawlers.items.profiles import Follow, Profile
from crawlers.storage.forget import erase, people, what_is_left
from crawlers.storage.mentions import VOCABULARY, Person, searched_columns
from crawlers.storage.raw import key_of
from crawlers.storage.submissions import Submission, submit
from tests.crawls.run import Crawls
from tests.forget.conftest import ANNA, BRUNO, URL, Stored, plant, strangers


@pytest.fixture
def crawls(database_config: Config) -> Crawls:
    """Run commands on the database and the raw store of this test."""
    url = database_config.database_url
    assert url is not None
    return Crawls(database_config.home, {"DATABASE_URL": url.get_secret_value()})


def objects(home: Path) -> int:
    """Count the objects of the raw store."""
    return sum(1 for path in (home / "raw").rglob("*.zst"))


async def test_one_is_erased_everywhere_and_the_other_is_untouched(
    stored: Stored, crawls: Crawls
) -> None:
    strangers(stored)
    before = stored.dump("5550002")
    done = await crawls.run_async("forget", "profile", "@anna.b")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[:-1] == [
        "2 removed from follows",
        "1 removed from job_units",
        "2 removed from marks",
        "1 removed from profiles",
        "3 removed from quarantine",
        "1 removed from raw store",
        "1 removed from raw_pages",
        "1 changed in apify_runs",
        "1 changed in crawls",
        "1 changed in jobs",
        "1 changed in marks",
    ]
    assert said[-1].startswith("Nothing is left of profile 5550001: ")
    assert said[-1].endswith("columns and 1 raw pages were searched.")
    assert stored.dump("5550002") == before
    assert stored.ask("select username from profiles") == ["bruno_x"]
    assert stored.ask("select account, profile_id from follows order by 1") == [
        ("bruno_x", "5550004"),
        ("rome", "5550002"),
    ]
    assert len(stored.ask("select id from quarantine")) == 4
    assert objects(crawls.home) == 1


async def test_what_names_several_loses_the_one(stored: Stored, crawls: Crawls) -> None:
    done = await crawls.run_async("forget", "profile", "5550001")
    assert done.returncode == 0, done.stdout + done.stderr
    left = ["rome", "bruno_x"]
    assert stored.ask("select value from marks where key = 'batch:1'") == [
        {"accounts": left, "ended": {}}
    ]
    assert stored.ask("select arguments from crawls") == [{"accounts": left, "max": 50}]
    assert stored.ask("select arguments from jobs") == [{"accounts": left}]
    assert stored.ask("select name from job_units") == ["GET /bruno_x/list"]
    assert stored.ask("select accounts, message from apify_runs") == [
        (left, "read @[forgotten] and bruno_x")
    ]


async def test_what_only_looks_like_the_name_stays(stored: Stored, crawls: Crawls) -> None:
    strangers(stored)
    rows = {"chess_players", "marks", "quarantine"}
    before = {table: stored.dump("anna")[table] for table in rows}
    assert (await crawls.run_async("forget", "profile", "5550001")).returncode == 0
    after = stored.dump("anna")
    assert set(after) == rows
    assert all(len(after[table]) == 1 and after[table][0] in before[table] for table in rows)


@pytest.mark.parametrize("name", ["instagram", "any", "running", "scraper", "member"])
async def test_people_may_be_called_like_words_of_ours(
    stored: Stored, crawls: Crawls, name: str
) -> None:
    account = "account/apify/instagram-scraper/50/any/rome"
    await stored.store(marks=[Mark(account, {"at_s": 1, "failed": False, "reason": None})])
    stored.insert(
        "apify_runs", id="r2", source="instagram", actor="apify/instagram-scraper",
        outcome="running", accounts=["rome", name],
    )  # fmt: skip
    before = stored.dump()
    await stored.store(Profile(platform="instagram", id="25025320", username=name))
    done = await crawls.run_async("forget", "profile", f"@{name}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored.ask("select accounts from apify_runs where id = 'r2'") == [["rome"]]
    with_name = {table: [row for row in rows if "r2" not in row] for table, rows in before.items()}
    after = {
        table: [row for row in rows if "r2" not in row] for table, rows in stored.dump().items()
    }
    assert after == with_name


async def test_what_it_may_not_touch_is_named_and_the_exit_code_is_1(
    stored: Stored, crawls: Crawls
) -> None:
    stored.insert("chess_players", id="anna.b", name="Anna", closed=False, title="x")
    stored.insert("marks", source="lichess", key="x", value=json.dumps({"a": [5550001]}))
    stored.insert("quarantine", id="q", source="vlr", error="e", body=b"\xff by=%22ANNA.B%22")
    profile = Profile(platform="instagram", id="5550009", username="c", full_name="anna.b's friend")
    await stored.store(profile)
    done = await crawls.run_async("forget", "profile", "5550001")
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith(
        "Something is left of profile 5550001: chess_players.id (1), marks.value (1),"
        " profiles.full_name (1), quarantine.body (1). "
    )
    assert stored.ask("select full_name from profiles where id = '5550009'") == ["anna.b's friend"]
    assert "5550001" not in stored.ask("select id from profiles")


async def test_every_kind_of_column_is_searched(stored: Stored) -> None:
    columns = await stored.database.run(searched_columns)
    found = {(column.table, column.name) for column in columns}
    assert {
        ("quarantine", "body"),
        ("marks", "value"),
        ("apify_runs", "accounts"),
        ("alembic_version", "version_num"),
    } <= found
    kinds = "('text', 'text[]', 'jsonb', 'bytea')"
    words = tuple(VOCABULARY)
    count = (
        "select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid"  # noqa: S608 - ours
        " where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0"
        f" and format_type(a.atttypid, null) in {kinds} and a.attname not in {words}"
        f" and c.relname || '.' || a.attname not in {words}"
    )
    assert [len(columns) - 1] == stored.ask(count)


async def test_results_units_and_plans_lose_a_person_and_sums_stay_right(
    stored: Stored, crawls: Crawls
) -> None:
    await submit(stored.database, Submission("instagram", {}, ("anna.b", "bruno_x"), id="june"))
    people = [Profile(platform="instagram", id=one[0], username=one[1]) for one in (ANNA, BRUNO)]
    follow = Follow(platform="instagram", account="instagram", profile_id=ANNA[0])
    await stored.store(*people, follow, job="june")
    stored.insert("job_workers", id="w", job="june", reason="no answer for anna.b")
    for name, accounts in {"all": "rome,Anna.B", "anna.b": "rome"}.items():
        given = Jsonb({"accounts": accounts, "max": "5"})
        stored.insert("schedules", name=name, source="instagram", arguments=given)
    done = await crawls.run_async("forget", "profile", "@anna.b")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored.ask("select key from job_results") == [["instagram", BRUNO[0]]]
    sums = "select name, sum(n)::int from job_counts where job = 'june' group by 1 order by 1"
    assert stored.ask(sums) == [("rows/follows", 0), ("rows/profiles", 1), ("unit/open", 1)]
    assert stored.ask("select reason from job_workers") == ["no answer for [forgotten]"]
    plans = stored.ask("select name, arguments from schedules")
    assert plans == [("all", {"accounts": "rome", "max": "5"})]


async def test_a_person_may_be_called_like_what_results_are_counted_by(
    stored: Stored, crawls: Crawls
) -> None:
    await submit(stored.database, Submission("instagram", {}, ("open", "rome"), id="june"))
    await stored.store(Profile(platform="instagram", id="1", username="profiles"), job="june")
    await stored.store(Profile(platform="instagram", id="2", username="instagram"), job="june")
    for name in ("@profiles", "@instagram", "@open"):
        done = await crawls.run_async("forget", "profile", name)
        assert done.returncode == 0, done.stdout + done.stderr
    sums = "select name, sum(n)::int from job_counts where job = 'june' group by 1 order by 1"
    assert stored.ask(sums) == [("rows/profiles", 0), ("unit/open", 1)]


async def test_a_body_that_others_have_kept_as_well_goes_too(stored: Stored) -> None:
    body = b"the page of anna.b"
    for source in ("instagram", "vlr"):
        await stored.store(source=source, body=body, request_key="k")
    [anna] = await people(stored.database, "@anna.b")
    erased = await erase(stored.database, stored.raw, anna)
    assert (erased.removed["raw_pages"], erased.removed["raw store"]) == (3, 2)
    assert (await what_is_left(stored.database, stored.raw, anna)).places == {}


async def test_a_page_whose_address_names_one_goes_with_its_body(stored: Stored) -> None:
    body = b"an empty list"
    await stored.store(body=body, url=f"{URL}?of=anna.b", request_key="k")
    await stored.store(body=body, url=f"{URL}?of=rome", request_key="l")
    await stored.store(body=b"another", url=f"{URL}?of=anna.b", request_key="m")
    [anna] = await people(stored.database, "@anna.b")
    erased = await erase(stored.database, stored.raw, anna)
    assert (erased.removed["raw_pages"], erased.removed["raw store"]) == (3, 2)
    [kept] = stored.ask("select sha256 from raw_pages where request_key = 'l'")
    assert await stored.raw.get(kept) == body


async def test_a_missing_object_stops_nobody_and_a_damaged_one_undoes_it_all(
    stored: Stored, database_config: Config
) -> None:
    missing, damaged = await stored.raw.put(b"1"), await stored.raw.put(b"2")
    for body in (b"1", b"2"):
        await stored.store(body=body, request_key="k")
    folder = database_config.home / "raw"
    (folder / key_of(missing)).unlink()
    with pytest.raises(MissingObjectError):
        await stored.raw.get(missing)
    (folder / key_of(damaged)).write_bytes(b"not zstd")
    before = stored.dump()
    [anna] = await people(stored.database, "5550001")
    with pytest.raises(RawStoreError, match="damaged"):
        await erase(stored.database, stored.raw, anna)
    assert stored.dump() == before
    (folder / key_of(damaged)).unlink()
    assert (await erase(stored.database, stored.raw, anna)).removed["profiles"] == 1


async def test_an_account_that_follows_nobody_can_be_erased_too(
    stored: Stored, crawls: Crawls
) -> None:
    await stored.store(rejects=[Reject("row", "no id", b'{"username":"rome","id":null}')])
    done = await crawls.run_async("forget", "profile", "@Rome")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("Nothing is left of @Rome: ")
    assert stored.dump("rome") == {}
    assert sorted(stored.ask("select username from profiles")) == ["anna.b", "bruno_x"]
    again = await crawls.run_async("forget", "profile", "@rome")
    assert (again.returncode, again.stdout) == (1, "")


async def test_a_name_of_several_asks_for_an_id(stored: Stored, crawls: Crawls) -> None:
    await plant(stored, ("5550005", "Anna.B", "x"), "5550006")
    before = stored.dump()
    done = await crawls.run_async("forget", "profile", "@anna.b")
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.endswith("give one of the ids 5550001, 5550005")
    assert stored.dump() == before


@pytest.mark.parametrize("name", ["5550001", "@anna.b", "@Anna.B"])
async def test_a_person_has_an_id_and_a_username(stored: Stored, name: str) -> None:
    assert await people(stored.database, name) == [PERSON]


@pytest.mark.parametrize("name", ["5550007", "@nobody", "anna.b", "@5550001", "555000%", "@anna_b"])
async def test_nobody_else_is_taken_for_one(stored: Stored, name: str) -> None:
    assert await people(stored.database, name) == []


async def test_somebody_unknown_is_one_clear_line_and_nothing_is_erased(
    stored: Stored, crawls: Crawls
) -> None:
    before = stored.dump()
    done = await crawls.run_async("forget", "profile", "@nobody")
    assert (done.returncode, done.stdout) == (1, "")
    expected = "no profile is known as '@nobody': give an id, or @ and a username"
    assert done.stderr == f"scrapy forget: {expected}\n"
    assert stored.dump() == before


@pytest.mark.parametrize("words", [("profile",), ("person", "1"), ("profile", "@")])
def test_wrong_use_is_one_clear_line_and_exit_code_2(
    crawls: Crawls, words: tuple[str, ...]
) -> None:
    done = crawls.run("forget", *words)
    assert done.returncode == 2
    assert done.stderr == "scrapy forget: say whom: scrapy forget profile <id>|@<username>\n"


PERSON = Person("instagram", "5550001", "anna.b", "instagram")
MENTIONS = [
    "anna.b", "ANNA.B", "@anna.b", "see anna.b.", "(anna.b)", "anna.b-x", "/anna.b/", "u=5550001&",
    "%40anna.b", "%22anna.b%22", '{"a":"x\\nanna.b"}', "x\\u0040anna.b", b"\xffanna.b\x00", 5550001,
    ["x", ["anna.b"]], {"x": {"anna.b": 1}}, {"x": {"y": 5550001}},
]  # fmt: skip
OTHERS = [
    "", "anna", "anna.bb", "anna.b.c", "x.anna.b", "_anna.b", "annaxb", "15550001", "5550001.5",
    b"xanna.b", 55500010, None, True, 1.5, ["anna", "b"], {"anna": "b"},
]  # fmt: skip


@pytest.mark.parametrize("value", MENTIONS)
def test_it_is_a_mention(value: object) -> None:
    assert PERSON.is_in(value)


@pytest.mark.parametrize("value", OTHERS)
def test_it_is_no_mention(value: object) -> None:
    assert not PERSON.is_in(value)


async def test_a_name_in_other_letters_is_found_in_bytes(stored: Stored) -> None:
    stored.insert("profiles", platform="instagram", id="9", username="zoë_ü", source="instagram")
    stored.insert("quarantine", id="q", source="vlr", body='{"x": "zoë_ü"}'.encode())
    [zoe] = await people(stored.database, "@zoë_ü")
    await erase(stored.database, stored.raw, zoe)
    left = await what_is_left(stored.database, stored.raw, zoe)
    assert left.places == {"quarantine.body": 1}
