"""A team that uses one API: people with roles, and how each of them asks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from argon2 import PasswordHasher

from crawlers.config import Config
from crawlers.roles import Role
from crawlers.storage.api_keys import Wanted
from crawlers.storage.api_keys import create as create_key
from crawlers.storage.database import Database
from crawlers.storage.users import create, disable
from tests.api.serving import Api

PASSWORD = "correct horse battery"  # noqa: S105 - of people who live for one test
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
ACCESS, REFRESH = "__Host-crawlers-access", "__Host-crawlers-refresh"


T = TypeVar("T")


def stored(config: Config, work: Callable[[Database], Awaitable[T]]) -> T:
    """Return what *work* does on the database of *config*."""

    async def run() -> T:
        database = Database(config)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


@dataclass
class Person:
    """Somebody of the team of an *api*."""

    api: Api
    id: str
    name: str

    @classmethod
    def of(cls, api: Api, role: Role, name: str = "") -> "Person":
        """Make somebody with a *role*."""
        name = name or f"{role}-{uuid4().hex[:8]}"
        made = stored(api.config, lambda database: create(database, name, role, CHEAP))
        return cls(api, made, name)

    def signs_in(self, password: str = PASSWORD, keep: str = "token") -> httpx.Response:
        """Sign in."""
        body = {"name": self.name, "password": password, "keep": keep}
        return self.api.client().post("/v1/session", json=body)

    def tokens(self) -> dict[str, Any]:
        """Sign in, and return what is answered."""
        answer = self.signs_in()
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def client(self) -> httpx.Client:
        """Return a client that shows an access token."""
        return showing(self.api, self.tokens()["access_token"])

    def key(self, *scopes: str) -> str:
        """Return a new API key of this person."""
        wanted = Wanted("a test", scopes, owner=self.id)
        return str(stored(self.api.config, lambda database: create_key(database, wanted)))

    def is_disabled(self) -> None:
        """Let nothing of this person open anything."""
        stored(self.api.config, lambda database: disable(database, self.id, is_over=True))

    def events(self) -> list[str]:
        """Return what the audit log says of this person, the oldest first."""
        query = f"select array_agg(event order by id) from audit_log where subject = '{self.id}'"  # noqa: S608 - our own
        return list(self.api.ask(query) or [])


def showing(api: Api, credential: str) -> httpx.Client:
    """Return a client that shows *credential*."""
    return api.client(headers={"Authorization": f"Bearer {credential}"})


def refreshed(api: Api, token: str) -> httpx.Response:
    """Ask for new tokens."""
    return api.client().post("/v1/session/refresh", json={"refresh_token": token})


def is_in(api: Api, access_token: str) -> bool:
    """Tell whether *access_token* opens anything."""
    return showing(api, access_token).get("/v1/session").status_code == 200


def goes_on(api: Api, lines: Iterator[str]) -> bool:
    """Tell whether a stream of events says that something has changed."""
    api.execute("update jobs set story = story || 'changed'::text")
    return any(line == "event: progress" for line in lines)


def ends(api: Api, lines: Iterator[str]) -> bool:
    """Tell whether a stream of events is cut off, however much changes."""
    try:
        while goes_on(api, lines):
            pass
    except httpx.RemoteProtocolError:
        return True
    return False


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Return the cookies that *answer* wants to be kept, by name; empty: forgotten.

    Not by httpx: what is Secure it would not send to this machine's own address, as browsers do.
    """
    found = [header.partition(";")[0] for header in answer.headers.get_list("set-cookie")]
    return dict(one.split("=", 1) for one in found)


def cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    """Return the header that shows *cookies*."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
