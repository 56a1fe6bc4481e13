"""Each route of docs/routes.md, asked by everybody: the table is what the server does."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import pytest

from crawlers.roles import SCOPES_OF, Role
from docs.routes import Way, ways
from tests.accounts.team import Person, showing
from tests.api.serving import Api
from tests.api.test_sharing import job_of, link_to

WAYS = ways()
GUARDED = [way for way in WAYS if way.who in {"person", "read", "jobs", "admin"}]

MADE = (
    "insert into collections (id, owner, name) values ('000000000000', '{owner}', 'x')",
    """insert into alert_channels (id, owner, name, shown, sealed, per_day)
       values ('000000000000', '{owner}', 'x', '', '', 1)""",
    """insert into alert_rules (id, owner, name, kind, each_variant, hysteresis_percent, cooldown_s,
                                per_day, zone, channels)
       values ('000000000000', '{owner}', 'x', 'job_failed', false, 0, 0, 1, 'UTC', '{{}}')""",
)
"""What alerts are made of, of somebody."""


@dataclass
class Everybody:
    """Whoever may ask, and the parts of addresses that name what is somebody else's."""

    clients: Mapping[str, httpx.Client]
    parts: Mapping[str, str]

    def asks(self, who: str, way: Way) -> int:
        """Return the status that *who* gets."""
        path = way.path
        for name, value in self.parts.items():
            path = path.replace(f"{{{name}}}", value)
        path = path.replace("{", "").replace("}", "")
        return self.clients[who].request(way.method, path, json=self._body(way)).status_code

    def _body(self, way: Way) -> object:
        return {} if way.method in {"POST", "PATCH"} else None


@pytest.fixture(scope="module")
def everybody(api: Api) -> Everybody:
    """Give one of each kind, and a job, a link and a key of a person who is none of them."""
    roles: tuple[Role, ...] = ("reader", "member", "administrator")
    # Keys that may do all that their person may: a session would end on the way.
    keys = {role: Person.of(api, role).key("read", "jobs", "admin") for role in roles}
    clients: dict[str, httpx.Client] = {role: showing(api, key) for role, key in keys.items()}
    other, ended = Person.of(api, "member"), Person.of(api, "administrator")
    clients |= {"nobody": api.client(), "expired": showing(api, ended.key("admin"))}
    clients |= {"key alone": api.client("read", "jobs")}
    api.execute(f"update api_keys set expires_at = now() where owner = '{ended.id}'")  # noqa: S608
    job = job_of(other.client())
    link = link_to(other.client(), job)
    key = other.key("read").split("_")[1]
    named = {"name": other.name, "platform": "instagram", "token": f"crs_{43 * 'a'}"}
    named |= {"job": job, "link": link["id"], "key": key}
    for statement in MADE:
        api.execute(statement.format(owner=other.id))
    return Everybody(clients, named | dict.fromkeys(("rule", "channel", "collection"), 12 * "0"))


def test_the_table_has_every_operation_of_the_document(api: Api) -> None:
    paths = api.client().get("/openapi.json").json()["paths"]
    documented = {(m.upper(), path) for path, methods in paths.items() for m in methods}
    assert documented <= {(way.method, way.path) for way in ways()}


@pytest.mark.parametrize("way", GUARDED, ids=lambda way: f"{way.method} {way.path}")
def test_a_route_lets_in_whom_the_table_names_and_nobody_else(
    everybody: Everybody, way: Way
) -> None:
    assert everybody.asks("nobody", way) == 401
    assert everybody.asks("expired", way) == 401
    for role in ("reader", "member"):
        status = everybody.asks(role, way)
        if way.who == "person":
            assert status not in {401, 500}
        elif way.who not in SCOPES_OF[role]:
            assert status == 403
        else:
            assert status not in {401, 403, 500}


OWNED = ("{job}", "{key}", "{rule}", "{channel}", "{collection}")
FOREIGN = [way for way in GUARDED if any(part in way.path for part in OWNED)]


@pytest.mark.parametrize("way", FOREIGN, ids=lambda way: f"{way.method} {way.path}")
@pytest.mark.parametrize("who", ["member", "key alone"])
def test_what_is_somebody_elses_is_as_if_it_were_not_there(
    everybody: Everybody, way: Way, who: str
) -> None:
    # A person's key ends no other keys at all, whoever's they are.
    is_refused = who == "key alone" or "{key}" in way.path
    assert everybody.asks(who, way) in ({403, 404} if is_refused else {404})


OPEN = [way for way in WAYS if way.who in {"anybody", "link"}]


@pytest.mark.parametrize("way", OPEN, ids=lambda way: f"{way.method} {way.path}")
def test_what_is_for_strangers_asks_for_no_credential(everybody: Everybody, way: Way) -> None:
    status = everybody.asks("nobody", way)
    assert status in {200, 404, 422} or way.path == "/v1/session/refresh"
    assert (way.method, way.path) in {
        ("GET", "/health/live"),
        ("HEAD", "/health/live"),
        ("GET", "/metrics"),  # to this machine, or who shows METRICS_TOKEN
        ("GET", "/health/ready"),
        ("HEAD", "/health/ready"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/shared/{token}"),
        ("GET", "/v1/shared/{token}/results"),
        ("POST", "/v1/session"),
        ("POST", "/v1/session/refresh"),
    }
