"""People who look at the dashboard."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import httpx

from crawlers import passwords
from crawlers.roles import Role
from crawlers.storage import users
from crawlers.storage.database import Database
from tests.api.serving import Api

PASSWORD = "correct horse battery"  # noqa: S105 - of a test


@cache
def hashed() -> str:
    """Return the password as it is stored: it takes a while."""
    return passwords.hashed(PASSWORD)


@dataclass
class Dashboard:
    """A dashboard that answers, and people of each role."""

    api: Api
    cookies: dict[Role, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its address."""
        return self.api.url

    def person(self, role: Role) -> str:
        """Return the name of a person with *role*, made when there is none."""

        async def make() -> None:
            database = Database(self.api.config)
            try:
                await users.create(database, role, role, hashed())
            finally:
                await database.close()

        if not self.api.ask(f"select exists (select from users where name = '{role}')"):  # noqa: S608
            with ThreadPoolExecutor(1) as thread:  # the loop of this one may be a browser's
                thread.submit(asyncio.run, make()).result()
        return role

    def id_of(self, role: Role) -> str:
        """Return the id of that person."""
        name = self.person(role)
        return str(self.api.ask(f"select id from users where name = '{name}'"))  # noqa: S608

    def client(self, role: Role | None = "administrator") -> httpx.Client:
        """Return a client with the cookies of a person, or of nobody."""
        client = self.api.client(follow_redirects=False)
        if role is not None:
            client.headers["Cookie"] = self.cookies.get(role) or self.sign_in(role)
        return client

    def sign_in(self, role: Role) -> str:
        """Sign in, and return what a browser would send from then on."""
        form = {"name": self.person(role), "password": PASSWORD}
        answer = self.api.client().post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        given = answer.headers.get_list("set-cookie")
        self.cookies[role] = "; ".join(one.partition(";")[0] for one in given)
        return self.cookies[role]
