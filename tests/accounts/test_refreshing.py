"""Refresh tokens: each is used once, and one that is used again ends its family."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crawlers.config import Config
from crawlers.storage import users
from crawlers.storage.credentials import Shown, find
from crawlers.storage.database import Database
from crawlers.storage.sessions import Lifetimes, begin, rotate
from crawlers.storage.users import User, create
from tests.accounts.team import CHEAP, Person, ends, goes_on, is_in, refreshed
from tests.api.serving import Api, until
from tests.api.test_sharing import job_of

LATER = "update refresh_tokens set used_at = used_at - interval '1 minute'"


def test_a_refresh_token_brings_the_next_one(ada: Person) -> None:
    tokens = ada.tokens()
    following = refreshed(ada.api, tokens["refresh_token"]).json()
    assert is_in(ada.api, following["access_token"])
    assert following["refresh_token"] != tokens["refresh_token"]
    assert refreshed(ada.api, following["refresh_token"]).status_code == 200


def test_one_that_is_used_again_ends_the_whole_family_for_thief_and_owner(ada: Person) -> None:
    tokens, other = ada.tokens(), ada.tokens()
    thiefs = refreshed(ada.api, tokens["refresh_token"]).json()
    ada.api.execute(LATER)
    assert refreshed(ada.api, tokens["refresh_token"]).status_code == 401
    # It is committed, although the answer was an error.
    assert refreshed(ada.api, thiefs["refresh_token"]).status_code == 401
    until(lambda: not is_in(ada.api, thiefs["access_token"]))
    until(lambda: not is_in(ada.api, tokens["access_token"]))
    assert is_in(ada.api, other["access_token"])
    assert ada.events().count("refresh token reused") == 1


def test_tabs_that_ask_at_the_same_time_all_go_on(ada: Person) -> None:
    token = ada.tokens()["refresh_token"]
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: refreshed(ada.api, token), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    found = [answer.json() for answer in answers]
    assert len({one["refresh_token"] for one in found}) == 6
    assert all(is_in(ada.api, one["access_token"]) for one in found)


def test_an_access_token_expires_and_the_refresh_token_goes_on(ada: Person) -> None:
    tokens = ada.tokens()
    ada.api.execute("update refresh_tokens set access_expires_at = now()")
    # The server has seen it at the sign-in, and knows its end by itself: another one asks.
    following = refreshed(ada.api, tokens["refresh_token"]).json()
    assert is_in(ada.api, following["access_token"])


def test_what_has_begun_outlives_its_access_token_but_not_its_session(ada: Person) -> None:
    client = ada.client()
    job = job_of(client)
    token = client.headers["Authorization"].partition(" ")[2]
    with client.stream("GET", f"/v1/jobs/{job}/events") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: progress"
        ada.api.execute("update refresh_tokens set access_expires_at = now()")
        until(lambda: not is_in(ada.api, token))
        assert goes_on(ada.api, lines)
        ada.api.execute("update sessions set revoked_at = now()")
        assert ends(ada.api, lines)


@pytest.mark.parametrize(
    "over",
    [
        "update refresh_tokens set expires_at = now()",
        "update sessions set absolute_expires_at = now()",
        "update sessions set revoked_at = now()",
        "update users set disabled_at = now() where role = 'member'",
    ],
)
def test_a_session_that_is_over_brings_nothing(ada: Person, over: str) -> None:
    token = ada.tokens()["refresh_token"]
    ada.api.execute(over)
    assert refreshed(ada.api, token).status_code == 401


@pytest.mark.parametrize("token", ["", "crr_", f"crr_0123456789ab_{43 * 'a'}", "cra_x", "\x00"])
def test_what_is_no_refresh_token_brings_nothing(api: Api, token: str) -> None:
    assert refreshed(api, token).status_code == 401


def test_a_refresh_token_opens_nothing_itself_nor_an_access_token_a_session(ada: Person) -> None:
    tokens = ada.tokens()
    assert not is_in(ada.api, tokens["refresh_token"])
    assert refreshed(ada.api, tokens["access_token"]).status_code == 401


def test_sessions_that_are_over_are_forgotten_with_all_their_tokens(ada: Person) -> None:
    ada.tokens()
    ada.api.execute("update sessions set absolute_expires_at = now() - interval '1 s'")
    ada.tokens()
    mine = f"from sessions where user_id = '{ada.id}'"
    assert ada.api.ask(f"select count(*) {mine}") == 1
    tokens = "from refresh_tokens as t join sessions as s on s.id = family_id"
    assert ada.api.ask(f"select count(*) {tokens} where user_id = '{ada.id}'") == 1


LIFETIMES = Lifetimes(timedelta(minutes=9), timedelta(days=1), timedelta(days=2), timedelta(0))


async def opens(database: Database, shown: Shown) -> bool:
    """Tell whether an access token opens anything, as the server finds out."""
    found = await find(database, shown)
    return found is not None and found.opens_with(shown)


async def ada_of(database: Database) -> User:
    """Return Ada as she is stored."""
    found = await users.find(database, "ada")
    assert found is not None
    return found


async def test_what_is_issued_while_its_family_is_revoked_opens_nothing(
    database_config: Config,
) -> None:
    database = Database(database_config, connections=8)
    try:
        await create(database, "ada", "member", CHEAP)
        for _ in range(10):
            first = await begin(database, await ada_of(database), LIFETIMES)
            assert first is not None
            second = await rotate(database, first.refresh, LIFETIMES)
            assert second is not None
            reused, *issued = await asyncio.gather(
                rotate(database, first.refresh, LIFETIMES),
                rotate(database, second.refresh, LIFETIMES),
                rotate(database, second.refresh, LIFETIMES),
            )
            assert reused is None
            for one in (first, second, *filter(None, issued)):
                assert not await opens(database, one.access)
                assert await rotate(database, one.refresh, LIFETIMES) is None
    finally:
        await database.close()


async def test_no_session_begins_by_a_password_that_is_just_changed(
    database_config: Config,
) -> None:
    database = Database(database_config, connections=8)
    try:
        await create(database, "ada", "member", CHEAP)
        before = await ada_of(database)  # whose password was looked at, and was right
        await users.set_password(database, before.id, CHEAP)
        assert await begin(database, before, LIFETIMES) is None
        for _ in range(20):
            now = await ada_of(database)
            issued, _ = await asyncio.gather(
                begin(database, now, LIFETIMES), users.set_password(database, now.id, CHEAP)
            )
            assert issued is None or not await opens(database, issued.access)
        now = await ada_of(database)
        await users.disable(database, now.id, is_over=True)
        assert await begin(database, now, LIFETIMES) is None
    finally:
        await database.close()
