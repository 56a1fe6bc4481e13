"""Crawls through real forward proxies that spread, die, come back, and say no."""

import asyncio
import re

from tests.proxies.conftest import PASSWORD, NotingSite, Proxied
from tests.replica import ForwardProxy

PAYER = "payer-zone-session-{session}"


def usernames(proxies: list[ForwardProxy]) -> set[str]:
    return {name for proxy in proxies for name in proxy.requests}


async def test_a_crawl_is_one_visitor_and_robots_txt_is_asked_by_him_too(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    code, said = await proxied.walk([proxy.url(PAYER) for proxy in proxies], 12)
    assert code == 0, said
    assert proxied.stored == list(range(1, 13))
    [username] = usernames(proxies)
    assert re.fullmatch(r"payer-zone-session-\d{8}", username)
    [used] = [proxy for proxy in proxies if proxy.targets]
    assert used.targets[0] == f"{noting.origin}/robots.txt"
    assert noting.direct == []
    assert {headers["user-agent"] for headers in noting.headers} == {"crawlers/0.1"}
    assert not any(name.startswith("proxy-") for headers in noting.headers for name in headers)
    stats = proxied.crawls.stats
    assert stats[f"proxy/requests/127.0.0.1:{used.port}"] == 13
    assert stats["proxy/resting"] == 0


async def test_several_visitors_spread_over_the_proxies_and_redirects_go_through(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    noting.statuses = {"/3": [403], "/4": [503]}
    proxied.crawls.environment["PROXY_URLS"] = " ".join(proxy.url(PAYER) for proxy in proxies)
    done = await proxied.crawls.run_async(
        "crawl",
        "walk",
        settings={"SPIDER_MODULES": "tests.crawls", "SESSIONS_PER_SITE": 4},
        origin=noting.origin,
        paths="/home," + ",".join(f"/{n}" for n in range(2, 22)),
    )
    assert done.returncode == 3, done.stderr  # one page is forbidden
    assert proxied.stored == [1, 2, *range(4, 22)]
    assert [len(proxy.requests) for proxy in proxies] == [2, 2]
    assert min(sum(proxy.requests.values()) for proxy in proxies) >= 10
    assert {f"{noting.origin}/home", f"{noting.origin}/1"} <= {
        target for proxy in proxies for target in proxy.targets
    }
    assert noting.direct == []


async def test_a_proxy_that_dies_in_mid_crawl_costs_no_page(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    async def kill() -> None:
        await proxies[0].saw(8)
        proxies[0].die()

    (code, said), _ = await asyncio.gather(
        proxied.walk([proxy.url(PAYER) for proxy in proxies], 40, SESSIONS_PER_SITE=2), kill()
    )
    assert code == 0, said
    assert proxied.stored == list(range(1, 41))
    assert f"Proxy 127.0.0.1:{proxies[0].port} rests" in said
    assert noting.direct == []
    assert proxied.crawls.stats["proxy/failures/refused"] >= 1


async def test_when_all_proxies_die_the_crawl_waits_until_one_comes_back(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    for proxy in proxies:
        proxy.die()
    urls = [proxy.url(PAYER) for proxy in proxies]
    running = await proxied.walk_until(urls, 40, "rests", 4)
    assert noting.paths == []
    await proxies[1].revive()
    await noting.saw(10)
    proxies[1].die()
    await running.says("rests", running.said.count("rests") + 2)
    await proxies[0].revive()
    assert await running.end() == 0, running.said
    assert proxied.stored == list(range(1, 41))
    assert noting.direct == []
    assert sum(proxies[0].requests.values()) >= 1
    assert proxied.crawls.stats["proxy/waits"] > 0


async def test_wrong_credentials_end_the_crawl_with_the_reason_and_no_secret(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    urls = [proxy.url("payer-{session}", "swordfish") for proxy in proxies]
    code, said = await proxied.walk(urls, 5, LOG_LEVEL="DEBUG")
    assert code == 1, said
    summary = said[said.index("walk: failed") :]
    assert "no proxy is left: 127.0.0.1:" in summary
    assert "wrong user or password (HTTP 407)" in summary
    for proxy in proxies:
        assert said.count(f"Proxy 127.0.0.1:{proxy.port} is out: wrong user or password") == 1
    assert noting.paths == []
    assert proxied.stored == []
    for secret in ("swordfish", "payer", "Basic "):
        assert secret not in said
        assert secret not in str(proxied.crawls.stats)


async def test_one_url_with_wrong_credentials_is_left_out_and_nothing_shows_a_secret(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    urls = [proxies[0].url(PAYER), proxies[1].url(PAYER, "swordfish")]
    code, said = await proxied.walk(urls, 10, LOG_LEVEL="DEBUG", SESSIONS_PER_SITE=2)
    assert code == 0, said
    assert proxied.stored == list(range(1, 11))
    assert noting.direct == []
    for secret in ("swordfish", PASSWORD, "payer", "Basic "):
        assert secret not in said


async def test_a_vendors_own_failures_are_retried_with_a_new_session(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    gone = {"x-brd-err-code": "no_peer", "x-brd-err-msg": "the peer is gone"}
    timeout = {"Proxy-Status": "vendor.test; error=dns_timeout"}
    proxies[0].script = [(404, {}), (502, gone), (504, timeout)]  # first robots.txt: there is none
    urls = [proxies[0].url(PAYER)]
    code, said = await proxied.walk(urls, 6, LOG_LEVEL="DEBUG", CONCURRENT_REQUESTS=1)
    assert code == 0, said
    assert proxied.stored == list(range(1, 7))
    assert len(proxies[0].requests) == 3
    assert noting.direct == []
    assert proxied.crawls.stats["proxy/failures/tunnel"] == 2


async def test_a_stalled_proxy_rests_and_the_other_one_takes_over(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    proxies[0].stalls = True
    urls = [proxy.url(PAYER) for proxy in proxies]
    code, said = await proxied.walk(urls, 12, SESSIONS_PER_SITE=2, DOWNLOAD_TIMEOUT=2)
    assert code == 0, said
    assert proxied.stored == list(range(1, 13))
    assert noting.direct == []


async def test_a_rotated_identity_is_one_for_the_session(
    proxied: Proxied, proxies: list[ForwardProxy], noting: NotingSite
) -> None:
    code, said = await proxied.walk([proxies[0].url(PAYER)], 4, IDENTITY_ROTATION_ENABLED=True)
    assert code == 0, said
    [(agent, brands, language)] = {
        (headers["user-agent"], headers["sec-ch-ua"], headers["accept-language"])
        for headers in noting.headers
    }
    version = re.search(r"Chrome/(\d+)\.", agent)
    assert version
    assert f'"Google Chrome";v="{version[1]}"' in brands
    assert language.startswith("en-US")
