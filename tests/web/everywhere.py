"""Every page of the dashboard, as an address."""

from urllib.parse import urlencode

from crawlers.web.listings import LISTED
from tests.web.hostile import TEXT

NEEDED = {"platform": "shopee", "region": TEXT, "account": TEXT, "player": "1", "event": "1",
          "query": TEXT, "replay": "1", "product": "1"}  # fmt: skip
PLAIN = (
    "/",
    "/sign-in",
    "/jobs",
    "/jobs/hostile",
    "/jobs/hostile/units",
    "/jobs/hostile/results",
    "/submit",
    "/submit/lichess",
    "/submit/vlr",
    "/submit/instagram",
    "/data",
    "/stored",
    "/chess/player?player=1",
    "/duels/player",
    "/esports/match?match=1",
    "/products/product?platform=shopee&product=1",
    "/products/compare?of=shopee:1&of=shopee:2",
    "/frontier",
    "/schedules",
    "/quarantine",
    "/quarantine/abc",
    "/keys",
    "/account",
    "/alerts",
    "/alerts/new?product=shopee:1&name=x&collection=0123456789ab",
    "/alerts/channels",
    "/alerts/collections",
    "/alerts/collections/0123456789ab",
    "/alerts/history",
    "/nowhere",
)
ONE_OF = {"esports-statistics": {"player": "1"}, "duels-cards": {"replay": "1"},
          "profiles-followers": {"platform": "instagram", "account": TEXT}}  # fmt: skip


def addresses() -> list[str]:
    """Return the address of every page, lists and rows included."""
    found = list(PLAIN)
    found += [f"/duels/{what}?{urlencode({what: TEXT})}" for what in ("player", "card", "format")]
    for one in LISTED:
        given = ONE_OF.get(one.name, {name: NEEDED[name] for name in one.listing.needed})
        found.append(f"/data/{one.name}?{urlencode(given)}")
        if one.thing is not None:
            key = [
                NEEDED["platform"] if name == "platform" else "1"
                for name in one.thing.item.identity
            ]
            if one.table == "profiles":
                key[0] = "instagram"
            found.append(f"/data/{one.name}/row?{urlencode([('key', part) for part in key])}")
    return found
