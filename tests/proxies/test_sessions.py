"""Sessions of a crawl: identities, serial sites, and what the operator is told."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawlers import identities
from crawlers.config import config
from crawlers.errors import ConfigError
from crawlers.identities import TRUTHFUL, check_library, rotated
from crawlers.proxies import Session
from crawlers.sessions import Sessions, sessions_for
from middlewares.identity import IdentityMiddleware
from tests.crawls.run import ROOT

SITE = "https://site.test/page"
NAMES = [f"{n:08}" for n in range(60)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    config.cache_clear()
    yield
    config.cache_clear()


def sessions(**settings: object) -> Sessions:
    return Sessions(get_crawler(settings_dict=settings).settings)


def chosen(of: Sessions, url: str = SITE) -> Session:
    found = of.choose(url, None)
    assert isinstance(found, Session)
    return found


def test_the_identity_is_the_truthful_one_unless_rotation_is_on() -> None:
    of = sessions()
    assert of.identity(chosen(of).name) is TRUTHFUL
    assert of.identity(None) is TRUTHFUL


@pytest.mark.parametrize("name", ["PROXY_FIRST_REST_S", "PROXY_LONGEST_REST_S"])
def test_a_proxy_must_rest_at_all(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        sessions(**{name: 0})


def test_a_crawl_without_rotation_does_not_load_the_library() -> None:
    code = (
        "import sys, crawlers.download, middlewares.identity; print('browserforge' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"False\n"


def test_a_session_has_one_identity_for_its_life() -> None:
    of = sessions(IDENTITY_ROTATION_ENABLED=True)
    name = chosen(of).name
    assert of.identity(name) is of.identity(name)
    assert of.identity(name) == rotated(name)


def test_identities_are_whole_and_those_of_desktop_chromes_of_this_system() -> None:
    for one in map(rotated, NAMES):
        version = re.search(
            r"\((.*?)\) AppleWebKit.* Chrome/(\d+)\.0\.0\.0 Safari", one.user_agent or ""
        )
        assert version
        assert int(version[2]) >= identities.OLDEST
        assert f'"Google Chrome";v="{version[2]}"' in one.headers["sec-ch-ua"]
        assert one.headers["sec-ch-ua-mobile"] == "?0"
        assert one.headers["sec-ch-ua-platform"].strip('"').split()[0][:3] in {"Lin", "mac", "Win"}
        assert one.locale
        assert one.headers["Accept-Language"].startswith(f"{one.locale},")
        assert one.viewport
        assert one.viewport >= identities.LEAST_VIEWPORT
        assert not {"Accept-Encoding", "User-Agent", "Sec-Fetch-Site"} & set(one.headers)


def test_identities_differ_and_are_the_same_in_every_process() -> None:
    assert len({(one.user_agent, one.viewport) for one in map(rotated, NAMES)}) > 20
    code = "from crawlers.identities import rotated; print(rotated('00000007'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == str(rotated("00000007"))


def test_a_serial_site_always_sees_who_we_are_and_one_visitor() -> None:
    of = sessions(
        IDENTITY_ROTATION_ENABLED=True,
        SERIAL_LIMIT_KEYS=["https://site.test:443"],
        SESSIONS_PER_SITE=4,
    )
    for url in (SITE, "http://site.test/robots.txt"):
        assert of.identity(chosen(of, url).name) is TRUTHFUL
        assert chosen(of, url) is chosen(of, url)
    assert of.identity(chosen(of, "https://other.test").name) is not TRUTHFUL


def test_rotation_without_the_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "browserforge.fingerprints", None)
    identities._generator.cache_clear()
    with pytest.raises(ConfigError, match=r"crawlers\[identity\]"):
        check_library()
    identities._generator.cache_clear()


def test_the_session_says_who_it_is_and_a_request_what_it_wants() -> None:
    crawler = get_crawler(settings_dict={"IDENTITY_ROTATION_ENABLED": True})
    identity = IdentityMiddleware.from_crawler(crawler)
    name = chosen(sessions_for(crawler)).name
    page = Request(SITE, meta={"session": name}, headers={"User-Agent": "crawlers/0.1"})
    data = Request(SITE, meta={"session": name}, headers={"Accept": "application/json"})
    for request in (page, data):
        identity.process_request(request)
        agent = rotated(name).user_agent
        assert agent
        assert request.headers["User-Agent"] == agent.encode()
    assert page.headers["Accept"] == rotated(name).headers["Accept"].encode()
    assert data.headers["Accept"] == b"application/json"


def test_the_old_entrance_of_a_vendor_is_said_once_without_the_password(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PROXY_URLS", "http://payer:hunter2@brd.superproxy.io:22225")
    sessions()
    [record] = caplog.records
    assert record.getMessage() == (
        "PROXY_URLS: brd.superproxy.io:22225 is the old entrance, use port 33335"
    )


def test_test_mode_has_short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWLERS_TEST", "1")
    limits = sessions().pool.limits
    assert (limits.first_rest_ms, limits.longest_rest_ms) == (100, 12_000)
