"""Rules, channels and collections as people make them in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.alerts.receivers import Webhook
from tests.api.serving import until
from tests.web.conftest import Looks
from tests.web.people import Dashboard

PRODUCT = """
insert into products (id, platform, name, price_minor, currency, source, source_url, fetched_at,
                      first_seen_at, changed_at, checked_at)
values ('1', 'shopee', 'Lamp', 2000, 'SGD', 'shopee', 'u', now(), now(), now(), now())
"""
EVERYTHING = (
    "truncate collections, alert_rules, alert_channels, alert_outbox, alert_deliveries, products,"
    " price_snapshots, alert_states, alert_looks cascade"
)


@pytest.fixture(autouse=True)
def empty(dashboard: Dashboard) -> None:
    """Begin with one product, and nothing else."""
    dashboard.api.execute(EVERYTHING)
    dashboard.api.execute(PRODUCT)


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    """Run a receiver of webhooks."""
    with Webhook() as one:
        yield one


def fill(page: Page, **given: str) -> None:
    """Fill in fields by their names."""
    for name, text in given.items():
        page.locator(f"#f-{name}").fill(text)


def test_a_product_is_watched_from_its_page_and_somebody_is_told(
    dashboard: Dashboard, looks: Looks, webhook: Webhook
) -> None:
    page = looks("/alerts", "member", java_script_enabled=False)
    page.get_by_role("link", name="Channels", exact=True).click()
    fill(page, name="me", address="file:///secret-path")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.locator("#e-address")).to_contain_text("no service that alerts may use")
    expect(page.get_by_label("Name")).to_have_value("me")
    assert "secret-path" not in page.content()
    fill(page, address=webhook.address)
    page.get_by_role("button", name="Add the channel").click()
    expect(page.locator("tr", has_text="me")).to_contain_text("json://127.0.0.1/***")
    assert "secret-path" not in page.content()

    page.goto("/products/product?platform=shopee&product=1")
    page.get_by_role("link", name="Watch this product").click()
    expect(page.get_by_label("Name")).to_have_value("Lamp")
    expect(page.get_by_label("Product", exact=True)).to_have_value("shopee:1")
    expect(page.get_by_label("Limit")).to_have_value("18.00")
    page.get_by_label("me json").check()
    page.get_by_role("button", name="Set the rule").click()
    row = page.get_by_role("region", name="Rules").locator("tbody tr")
    expect(row).to_contain_text("below 18.00 SGD")

    dashboard.api.execute(
        "insert into price_snapshots (platform, product_id, at, price_minor, currency)"
        " values ('shopee', '1', now(), 1700, 'SGD')"
    )
    until(lambda: len(webhook.got) == 1)
    until(lambda: dashboard.api.ask("select state from alert_deliveries") == "sent")
    page.get_by_role("link", name="History", exact=True).click()
    found = page.get_by_role("region", name="What was found").locator("tbody tr")
    expect(found).to_contain_text("shopee:1: 17.00 SGD, the limit is 18.00 SGD")
    expect(found).to_contain_text("sent me")


def test_what_is_wrong_with_a_rule_stands_beside_its_field(looks: Looks) -> None:
    page = looks("/alerts/new", "member")
    page.get_by_role("button", name="Set the rule").click()
    expect(page.locator("#e-name")).to_have_text("fill this in")
    wrong = {
        "name": {},
        "limit": {"name": "r", "product": "shopee:1"},
        "currency": {"limit": "19.90"},
        "product": {"currency": "sgd", "product": "no product"},
        "kind": {},
    }
    for field, given in wrong.items():
        fill(page, **given)
        if field == "kind":
            fill(page, product="")
            page.get_by_label("Kind").select_option("job_failed")
        page.get_by_role("button", name="Set the rule").click()
        expect(page.locator(f"#e-{field}")).to_be_visible()
        expect(page.locator(f"#f-{field}")).to_have_attribute("aria-invalid", "true")
    fill(page, limit="", currency="")
    page.get_by_role("button", name="Set the rule").click()
    row = page.get_by_role("region", name="Rules").locator("tbody tr")
    expect(row).to_contain_text("jobs of all sources")
    page.get_by_role("button", name="Pause r").click()
    expect(row).to_contain_text("paused")
    page.get_by_role("button", name="Go on r").click()
    expect(row).not_to_contain_text("paused")
    page.goto("/alerts/new?name=r&kind=job_failed")
    page.get_by_role("button", name="Set the rule").click()
    expect(page.locator("#e-name")).to_contain_text("there is a rule 'r' already")
    page.goto("/alerts")
    page.get_by_role("button", name="Remove r").click()
    expect(page.get_by_role("heading", name="No rules yet")).to_be_visible()


def test_a_collection_is_made_watched_and_removed(looks: Looks) -> None:
    page = looks("/alerts/collections", "member")
    fill(page, name="lamps", products="shopee:1\n5")
    page.get_by_role("button", name="Make the collection").click()
    expect(page.locator("#e-products")).to_contain_text("say where 5 is")
    fill(page, products="shopee:1\nhttps://shop.example/Lamp-i.7.2?x=1")
    page.get_by_role("button", name="Make the collection").click()
    rows = page.get_by_role("region", name="Products").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("20.00 SGD")
    fill(page, products="tiktok_shop:3, shopee:1")
    page.get_by_role("button", name="Put in").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Take out shopee:2").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Watch it").click()
    fill(page, name="cheap")
    page.get_by_label("Kind").select_option("new_lowest")
    page.get_by_role("button", name="Set the rule").click()
    page.get_by_role("region", name="Rules").get_by_role("link", name="lamps").click()
    page.get_by_role("button", name="Remove the collection").click()
    expect(page.get_by_role("alert")).to_contain_text("the rule 'cheap' watches this collection")
    page.goto("/alerts")
    page.get_by_role("button", name="Remove cheap").click()
    page.goto("/alerts/collections")
    page.get_by_role("link", name="lamps").click()
    page.get_by_role("button", name="Remove the collection").click()
    expect(page.get_by_role("heading", name="No collections yet")).to_be_visible()


def test_a_test_message_stands_in_the_history_and_few_are_sent(
    dashboard: Dashboard, webhook: Webhook
) -> None:
    client = dashboard.client("member")
    client.post("/alerts/channels", data={"name": "me", "address": webhook.address})
    channel = dashboard.api.ask("select id from alert_channels")
    answers = [client.post(f"/alerts/channels/{channel}/test") for _ in range(11)]
    assert [one.status_code for one in answers] == [303] * 10 + [422]
    assert "there were 10 test messages within an hour" in answers[-1].text
    assert "test message" in client.get(answers[0].headers["location"]).text
    assert client.post(f"/alerts/channels/{channel}/remove").status_code == 303
    assert dashboard.api.ask("select count(*) from alert_channels") == 0


def test_history_is_paged_the_newest_first(dashboard: Dashboard, looks: Looks) -> None:
    owner = dashboard.id_of("member")
    dashboard.api.execute(
        "insert into alert_outbox (key, owner, rule_name, kind, at, facts, planned_at, note)"  # noqa: S608 - ours
        f" select n, '{owner}', 'rule ' || n, 'test', now(), '{{}}', now(), 'over the cap'"
        " from generate_series(1, 51) as n"
    )
    page = looks("/alerts/history", "member")
    rows = page.get_by_role("region", name="What was found").locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("rule 51")
    expect(rows.first).to_contain_text("over the cap")
    page.get_by_role("link", name="Next page").click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="First page").click()
    expect(rows).to_have_count(50)


def test_each_sees_their_own_and_administrators_see_whose(dashboard: Dashboard) -> None:
    member, admin = dashboard.client("member"), dashboard.client("administrator")
    form = {"name": "of a member", "kind": "job_failed"}
    assert member.post("/alerts/new", data=form).status_code == 303
    assert member.post("/alerts/collections", data={"name": "of a member"}).status_code == 303
    assert admin.post("/alerts/new", data=form | {"name": "of an admin"}).status_code == 303
    assert "of an admin" not in member.get("/alerts").text
    for path in ("/alerts", "/alerts/collections"):
        text = admin.get(path).text
        assert "of a member" in text
        assert "<td>member</td>" in text
    # A rule uses what is its own person's only.
    assert "of a member" not in admin.get("/alerts/new").text
