"""Collections, rules and channels over HTTP: each sees their own, and no address comes out."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.alerts.desk import Desk, at
from tests.alerts.oracle import Seen
from tests.alerts.receivers import Webhook
from tests.api.serving import Api, running_api, until
from tests.conftest import Server

RULE: dict[str, Any] = {"kind": "below", "limit_minor": 1990, "currency": "SGD"}


@pytest.fixture(scope="module")
def running(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run an API for the tests of this file."""
    with running_api(postgres_server, tmp_path_factory, settings={}) as one:
        yield one


@pytest.fixture
def api(running: Api) -> Api:
    """Give it, with nothing in it."""
    running.execute("truncate collections, alert_rules, alert_channels, alert_outbox,"
                    " alert_deliveries, price_snapshots cascade")  # fmt: skip
    return running


@pytest.fixture
def desk(api: Api) -> Iterator[Desk]:
    """Look at the database of the API."""
    with Desk(api.config.model_copy(update={"crawlers_test": True})) as one:
        yield one


def made(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Make something, and return it as it is shown."""
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert client.get(answer.headers["Location"]).json() == found
    return found


def test_a_collection_from_its_beginning_to_its_end(api: Api) -> None:
    client = api.client("jobs")
    products = [{"platform": "shopee", "id": str(number)} for number in (3, 1, 2)]
    found = made(client, "/v1/collections", name="lamps", products=products)
    at = f"/v1/collections/{found['id']}"
    assert found["products"] == 3
    assert client.post(f"{at}/products", json={"products": products}).json()["products"] == 3
    page = client.get(f"{at}/products?limit=2").json()
    assert [one["id"] for one in page["products"]] == ["1", "2"]
    page = client.get(page["next"]).json()
    assert ([one["id"] for one in page["products"]], page["next"]) == (["3"], None)
    assert client.delete(f"{at}/products/shopee/1").status_code == 204
    assert client.delete(f"{at}/products/shopee/1").status_code == 404
    rule = made(client, "/v1/alerts/rules", name="r", collection=found["id"], **RULE)
    assert client.delete(at).status_code == 409
    assert client.delete(f"/v1/alerts/rules/{rule['id']}").status_code == 204
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404


def test_a_rule_calls_its_collection_by_id_or_by_name(api: Api) -> None:
    client = api.client("jobs")
    found = made(client, "/v1/collections", name="lamps")
    rule = made(client, "/v1/alerts/rules", name="r", collection="lamps", **RULE)
    assert rule["collection"] == found["id"]


def test_a_rule_finds_something_and_the_history_pages_through_it(api: Api, desk: Desk) -> None:
    client = api.client("jobs")
    rule = made(client, "/v1/alerts/rules", name="r", platform="shopee", product_id="1", **RULE)
    assert rule["is_paused"] is False
    assert client.post(f"/v1/alerts/rules/{rule['id']}/pause").json()["is_paused"] is True
    assert client.post(f"/v1/alerts/rules/{rule['id']}/resume").json()["is_paused"] is False
    for number, price in enumerate((1000, 3000, 1500)):
        desk.see(Seen("1", None, at(number), price))
    page = client.get("/v1/alerts/history?limit=1").json()
    [newest] = page["alerts"]
    assert (newest["rule_name"], newest["facts"]["price_minor"]) == ("r", 1500)
    assert (newest["deliveries"], newest["note"]) == ([], None)
    [oldest] = client.get(page["next"]).json()["alerts"]
    assert oldest["facts"]["price_minor"] == 1000
    assert client.get(f"/v1/alerts/history?rule={'0' * 12}").json()["alerts"] == []


def test_an_address_goes_in_and_never_comes_out(api: Api, webhook: Webhook) -> None:
    client = api.client("jobs")
    channel = made(client, "/v1/channels", name="me", address=webhook.address)
    answer = client.post(f"/v1/channels/{channel['id']}/test")
    assert answer.status_code == 202
    answers = [client.get(path).text for path in ("/v1/channels", "/v1/alerts/history")]
    refused = client.post("/v1/channels", json={"name": "x", "address": "file:///secret-path"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "body.address"
    wrong = client.post("/v1/channels", json={"name": "", "address": webhook.address})
    assert wrong.status_code == 422
    rows = api.ask("select string_agg(c::text, '') from alert_channels as c")
    told = [*answers, refused.text, wrong.text, str(rows), api.log.read_text()]
    assert "secret-path" not in " ".join(told)


def test_nobody_sees_what_somebody_else_has_made_but_administrators(api: Api) -> None:
    his, mine, admin = api.client("jobs"), api.client("jobs"), api.client("admin")
    collection = made(his, "/v1/collections", name="c")
    channel = made(his, "/v1/channels", name="c", address="jsons://hooks.example.org/x")
    rule = made(his, "/v1/alerts/rules", name="r", collection=collection["id"],
                channels=[channel["id"]], **RULE)  # fmt: skip
    paths = [f"/v1/collections/{collection['id']}", f"/v1/channels/{channel['id']}",
             f"/v1/alerts/rules/{rule['id']}"]  # fmt: skip
    for path in paths:
        assert mine.get(path).status_code == 404
        assert mine.delete(path).status_code == 404
        assert admin.get(path).status_code == 200
    for path, name in (("collections", "collections"), ("channels", "channels"),
                       ("alerts/rules", "rules"), ("alerts/history", "alerts")):  # fmt: skip
        assert mine.get(f"/v1/{path}").json()[name] == []
    used = [{"collection": collection["id"]}, {"keyword": "x", "channels": [channel["id"]]}]
    for what in used:
        answer = mine.post("/v1/alerts/rules", json={"name": "r", **RULE, **what})
        assert answer.status_code == 422
    assert mine.post(f"/v1/channels/{channel['id']}/test").status_code == 404


@pytest.mark.parametrize("path", ["collections", "channels", "alerts/rules", "alerts/history"])
def test_who_may_only_read_sees_nothing_of_alerts(api: Api, path: str) -> None:
    assert api.client("read").get(f"/v1/{path}").status_code == 403
    assert api.client().get(f"/v1/{path}").status_code == 401


def test_a_name_that_is_taken_is_a_conflict_for_its_owner_only(api: Api) -> None:
    his, mine = api.client("jobs"), api.client("jobs")
    for client in (his, mine):
        made(client, "/v1/collections", name="c")
        made(client, "/v1/channels", name="c", address="jsons://hooks.example.org/x")
        made(client, "/v1/alerts/rules", name="c", keyword="x", **RULE)
    assert his.post("/v1/collections", json={"name": "c"}).status_code == 409
    channel = {"name": "c", "address": "jsons://hooks.example.org/x"}
    assert his.post("/v1/channels", json=channel).status_code == 409
    rule = {"name": "c", "keyword": "x", **RULE}
    assert his.post("/v1/alerts/rules", json=rule).status_code == 409


def test_test_messages_are_few(api: Api) -> None:
    client = api.client("jobs")
    channel = made(client, "/v1/channels", name="c", address="jsons://hooks.example.org/x")
    codes = [client.post(f"/v1/channels/{channel['id']}/test").status_code for _ in range(11)]
    assert codes == [202] * 10 + [422]


def test_what_the_api_was_asked_for_is_sent_by_whoever_works(
    api: Api, desk: Desk, webhook: Webhook
) -> None:
    webhook.empty()
    client = api.client("jobs")
    channel = made(client, "/v1/channels", name="me", address=webhook.address)
    client.post(f"/v1/channels/{channel['id']}/test")
    until(lambda: desk.deliver() == 0 and len(webhook.got) == 1)
    [alert] = client.get("/v1/alerts/history").json()["alerts"]
    assert [one["state"] for one in alert["deliveries"]] == ["sent"]
