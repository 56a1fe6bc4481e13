"""The usernames in a vendor's documentation, by the templates of PROXY_URLS."""

import json
from pathlib import Path
from typing import Any

from crawlers.proxy_urls import ProxyTemplate

CASES = "proxy/brightdata_username_cases.json"


def template(given: dict[str, str]) -> str:
    """Write what an operator would write for *given*."""
    parts = [f"brd-customer-{given['customer']}-zone-{given['zone']}"]
    for name, value in given.items():
        if name == "country":
            parts.append("[-country-{country}]")
        elif name == "session":
            parts.append("-session-{session}")
        elif name not in {"customer", "zone"}:
            parts.append(f"-{name}-{value.lower().replace(' ', '')}")
    return "".join(parts)


def test_every_username_of_the_documentation_can_be_written(recordings: Path) -> None:
    cases: dict[str, Any] = json.loads((recordings / CASES).read_text(encoding="utf-8"))
    ports = cases["ports"]
    good = [case for case in cases["usernames"] if "out" in case]
    assert len(good) >= 5
    for case in good:
        given = case["in"]
        address = f"http://{template(given)}:pw@{cases['host']}:{ports['http_https_current']}"
        found = ProxyTemplate.read(address)
        assert not found.is_legacy
        filled = found.fill(given.get("session", "0"), given.get("country"))
        assert filled.username == case["out"]


def test_the_old_entrance_is_the_one_that_is_warned_of(recordings: Path) -> None:
    cases = json.loads((recordings / CASES).read_text(encoding="utf-8"))
    old = cases["ports"]["http_https_legacy_ca_expires_2026_09"]
    assert ProxyTemplate.read(f"http://u:p@{cases['host']}:{old}").is_legacy
