"""Who may see which page, and what every page tells a browser."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crawlers.roles import SCOPES_OF, Role
from crawlers.web.rendering import CAREFUL
from docs.routes import Way, pages
from tests.web.everywhere import PLAIN
from tests.web.people import PASSWORD, Dashboard

WAYS = pages()
INSIDE = [way for way in WAYS if way.who != "anybody"]
SEEN = [way for way in INSIDE if way.path != "/sign-out"]
THEIRS = ("key", "rule", "channel", "collection")
READ = "handed in by somebody else"


def address(path: str) -> str:
    """Return an address of the route *path*."""
    parts = {"job": "theirs", "name": "chess-games", "action": "pause", "one": "abc"}
    parts |= {"source": "vlr"} | dict.fromkeys(THEIRS, "0" * 12)
    return re.sub(r"{(\w+)}", lambda found: parts[found[1]], path)


MADE = (
    """jobs (id, owner, source, arguments, reason)
       values ('theirs', '{id}', 'vlr', '{{}}', '{read}')""",
    "collections (id, owner, name) values ('000000000000', '{id}', '{read}')",
    """alert_channels (id, owner, name, shown, sealed, per_day)
       values ('000000000000', '{id}', '{read}', '', '', 1)""",
    """alert_rules (id, owner, name, kind, each_variant, hysteresis_percent, cooldown_s, per_day,
                    zone, channels)
       values ('000000000000', '{id}', '{read}', 'job_failed', false, 0, 0, 1, 'UTC', '{{}}')""",
)


@pytest.fixture(scope="module", autouse=True)
def made(dashboard: Dashboard) -> None:
    """Make what an administrator makes: a job, and what alerts are made of."""
    dashboard.client("administrator")
    owner = dashboard.id_of("administrator")
    for one in MADE:
        dashboard.api.execute(f"insert into {one.format(id=owner, read=READ)}")


@pytest.mark.parametrize("way", INSIDE, ids=lambda way: f"{way.method} {way.path}")
def test_nobody_sees_or_does_anything_without_signing_in(dashboard: Dashboard, way: Way) -> None:
    answer = dashboard.client(None).request(way.method, address(way.path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("way", SEEN, ids=lambda way: f"{way.method} {way.path}")
@pytest.mark.parametrize("role", ["reader", "member"])
def test_a_page_is_for_those_whom_the_table_names(
    dashboard: Dashboard, way: Way, role: Role
) -> None:
    status = dashboard.client(role).request(way.method, address(way.path)).status_code
    if way.who != "page" and way.who not in SCOPES_OF[role]:
        assert status == 403
    elif any(f"{{{name}}}" in way.path for name in ("job", *THEIRS)):  # somebody else's
        assert status == 404
    else:
        assert status in {200, 303, 404, 422}


def test_strangers_may_sign_in_and_that_is_all() -> None:
    found = {(way.method, way.path) for way in WAYS if way.who == "anybody"}
    assert found == {("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/static/{name}")}


def test_the_places_are_those_where_somebody_may_go(dashboard: Dashboard) -> None:
    places: dict[Role, list[str]] = {}
    for role in ("reader", "member", "administrator"):
        text = dashboard.client(role).get("/").text
        nav = text.partition("<nav")[2].partition("</nav>")[0]
        places[role] = re.findall(r'href="([^"]+)"', nav)
        assert READ not in text or role == "administrator"
    assert places["reader"] == ["/", "/data", "/stored", "/keys"]
    assert set(places["administrator"]) - set(places["member"]) == {"/frontier"}
    for role, found in places.items():
        assert {dashboard.client(role).get(path).status_code for path in found} == {200}


@pytest.mark.parametrize("path", [*PLAIN, "/data/nothing", "/data/chess-games?sort=x", "/v2/x"])
def test_every_page_lets_a_browser_do_next_to_nothing(dashboard: Dashboard, path: str) -> None:
    answer = dashboard.client("administrator").get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert CAREFUL.items() <= {name.title(): v for name, v in answer.headers.items()}.items()
    policy = dict(part.split(" ", 1) for part in CAREFUL["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script>|<style| on\w+=| style=", answer.text)


def test_another_site_changes_nothing(dashboard: Dashboard) -> None:
    client = dashboard.client("administrator")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        for path in ("/keys", "/jobs/theirs/cancel", "/sign-out"):
            assert client.post(path, headers=headers, data={"name": "x"}).status_code == 403
        form = {"name": "administrator", "password": PASSWORD}
        assert client.post("/sign-in", headers=headers, data=form).status_code == 403
    assert dashboard.api.ask("select cancel_at is null from jobs where id = 'theirs'")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("/jobs?state=failed", "/jobs?state=failed"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_no_other_site(dashboard: Dashboard, wanted: str, found: str) -> None:
    form = {"name": dashboard.person("reader"), "password": PASSWORD}
    answer = dashboard.client(None).post("/sign-in", params={"next": wanted}, data=form)
    assert answer.headers["location"] == found


def test_the_api_answers_for_itself(dashboard: Dashboard) -> None:
    client = dashboard.client("administrator")
    for path, status in (("/v1/nowhere", 404), ("/health/nowhere", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.put("/v1/jobs").status_code == 405
    assert (
        "default-src 'none'; frame-ancestors"
        in client.get("/v1/jobs").headers["content-security-policy"]
    )


def test_files_are_kept_by_browsers_as_long_as_they_are_the_same(dashboard: Dashboard) -> None:
    client = dashboard.client(None)
    text = client.get("/sign-in").text
    (style,) = re.findall(r'href="(/static/style\.css\?v=\w+)"', text)
    assert "immutable" in client.get(style).headers["cache-control"]
    assert client.get("/static/style.css?v=old").headers["cache-control"] == "no-store"
    for path in ("/static/nothing.css", "/static/..%2fapp.py", "/static/"):
        assert client.get(path).status_code == 404


def test_forms_with_nonsense_are_answered_with_a_page(dashboard: Dashboard) -> None:
    client = dashboard.client("administrator")
    nonsense: list[tuple[str, dict[str, Any]]] = [
        ("/alerts/new", {}),
        ("/alerts/new", {"name": "x", "kind": "below", "limit": "-1", "currency": "\x07"}),
        ("/alerts/new", {"name": "x", "kind": "job_ended", "channels": "'"}),
        ("/alerts/new", {"name": "x", "kind": "new_lowest", "collection": "none"}),
        ("/alerts/channels", {"name": "x", "address": "file:///etc/passwd"}),
        ("/alerts/collections", {"name": "x", "products": "javascript:alert(1)"}),
        ("/keys", {"name": "\x07"}),
        ("/keys", {"name": "x", "scope": "everything"}),
        ("/keys", {"name": "x", "scope": "read", "days": "-1"}),
        ("/keys", {"name": "x", "scope": "read", "days": "3o"}),
        ("/schedules", {"jitter_s": "many"}),
        ("/schedules", {"source": "nowhere", "expression": "* * * * *"}),
        ("/submit/lichess", {"players": "x" * 5000}),
        ("/submit/lichess", {"players": "a", "job_name": "no name"}),
        ("/submit/lichess", {"players": "a", "job_name": "theirs"}),
    ]
    for path, form in nonsense:
        answer = client.post(path, data=form)
        assert answer.status_code == 422, (path, form)
        assert 'role="alert"' in answer.text or "<h1>" in answer.text
    assert client.post("/submit/nowhere").status_code == 404
    assert client.post("/quarantine/parse", data={"source": "nowhere"}).status_code == 404


def test_what_pages_are_made_of_is_in_the_package() -> None:
    folder = Path(import_module("crawlers.web").__file__ or "").parent
    kinds = {path.suffix for path in (folder / "templates").iterdir()}
    assert kinds == {".html"}
    text = (folder.parents[1] / "pyproject.toml").read_text()
    assert '"web/static/*"' in text
    assert '"web/templates/*.html"' in text
