"""Which answers are a proxy's own, and what they say."""

import pytest

from crawlers.errors import ProxyDownError, ProxyTunnelError
from crawlers.proxy_answers import proxy_error, refusal
from crawlers.proxy_urls import Proxy

PROXY = Proxy("http", "vendor.test", 1, "payer", "hunter2")


@pytest.mark.parametrize(
    ("status", "headers", "tunnelled", "expected"),
    [
        (200, {}, False, None),
        (404, {}, False, None),
        (503, {}, False, None),
        (407, {}, False, "credentials: wrong user or password (HTTP 407)"),
        (407, {}, True, None),
        (502, {}, False, "tunnel: HTTP 502"),
        (502, {}, True, None),
        (
            403,
            {"x-brd-err-code": "policy_1", "x-brd-err-msg": "not for this zone"},
            True,
            "tunnel: HTTP 403, policy_1 not for this zone",
        ),
        (200, {"x-brd-err-code": "none"}, True, None),
        (
            504,
            {"proxy-status": 'vendor.test; error=dns_timeout; details="asked 3"'},
            False,
            "tunnel: HTTP 504, dns_timeout asked 3",
        ),
        (504, {"proxy-status": "edge.site.test; error=http_response_timeout"}, True, None),
        (200, {"proxy-status": "vendor.test; received-status=200"}, False, None),
        (404, {"proxy-status": "vendor.test; received-status=404"}, False, None),
        (
            407,
            {"x-brd-err-msg": "user payer\x1b[0m, hunter2?"},
            False,
            "credentials: wrong user or password (HTTP 407, user *** [0m, ***?)",
        ),
    ],
)
def test_an_answer_is_the_sites_or_has_a_reason(
    status: int,
    headers: dict[str, str],
    tunnelled: bool,  # noqa: FBT001 - parametrized
    expected: str | None,
) -> None:
    error = proxy_error(status, headers, PROXY, tunnelled=tunnelled)
    assert (None if error is None else str(error)) == expected


def test_a_long_reason_is_cut() -> None:
    assert len(str(refusal(502, {"x-brd-err-msg": "x" * 1000}, PROXY))) < 200


def test_no_part_of_a_secret_is_left_at_the_cut_or_beside_another_secret() -> None:
    for filler in range(140, 152):
        assert "hunt" not in str(refusal(502, {"x-brd-err-msg": "x" * filler + "hunter2"}, PROXY))
    proxy = Proxy("http", "vendor.test", 1, "payer-hunter2-zone", "hunter2")
    said = str(refusal(407, {"x-brd-err-msg": "who is payer-hunter2-zone?"}, proxy))
    assert said == "credentials: wrong user or password (HTTP 407, who is ***?)"


def test_wrong_credentials_were_no_try_and_a_bad_way_was_one() -> None:
    assert isinstance(refusal(407, {}, PROXY), ProxyDownError)
    assert isinstance(refusal(403, {}, PROXY), ProxyTunnelError)
