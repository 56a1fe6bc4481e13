"""PROXY_URLS: the forms of vendors, and what stops the start."""

from collections.abc import Iterator

import pytest

from crawlers.config import config
from crawlers.errors import ConfigError
from crawlers.proxy_urls import ProxyTemplate, read_proxies

AT = "vendor.test:8000"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    config.cache_clear()
    yield
    config.cache_clear()


def username(template: str, country: str | None = "De") -> str | None:
    return ProxyTemplate.read(f"http://{template}:pw@{AT}").fill("01234567", country).username


@pytest.mark.parametrize(
    ("vendor", "template", "expected"),
    [
        (
            "Bright Data",
            "brd-customer-hl_1-zone-res[-country-{country}]-session-{session}",
            "brd-customer-hl_1-zone-res-country-de-session-01234567",
        ),
        ("Bright Data, DNS", "brd-customer-hl_1-zone-z-dns-remote",
         "brd-customer-hl_1-zone-z-dns-remote"),
        ("Bright Data, state", "brd-customer-hl_1-zone-z-country-us-state-ny",
         "brd-customer-hl_1-zone-z-country-us-state-ny"),
        ("Oxylabs", "customer-U[-cc-{COUNTRY}]-sessid-{session}-sesstime-10",
         "customer-U-cc-DE-sessid-01234567-sesstime-10"),
        ("NetNut", "U-dc-any-sid-{session}", "U-dc-any-sid-01234567"),
        ("Thordata", "td-customer-U-sessid-{session}-sesstime-10",
         "td-customer-U-sessid-01234567-sesstime-10"),
        ("IPRoyal", "U[_country-{country}]_session-{session}_lifetime-10m",
         "U_country-de_session-01234567_lifetime-10m"),
        ("anyIP", "user_U%2C[country_{COUNTRY}%2C]session_{session}",
         "user_U,country_DE,session_01234567"),
        ("encoded", "a%40b%7Bsession%7D", "a@b{session}"),
    ],
)  # fmt: skip
def test_every_vendors_form_is_a_template(vendor: str, template: str, expected: str) -> None:
    assert username(template) == expected, vendor


def test_a_part_in_brackets_is_left_out_when_the_country_is_unknown() -> None:
    template = "customer-U[-cc-{COUNTRY}]-sessid-{session}[-x]"
    assert username(template, None) == "customer-U-sessid-01234567-x"


def test_the_password_may_hold_the_session_as_well() -> None:
    template = ProxyTemplate.read(f"http://U:p%3As[_country-{{country}}]_session-{{session}}@{AT}")
    whole = "p:s_country-de_session-01234567"
    assert template.fill("01234567", "de").password == whole


def test_addresses_are_separated_by_commas_or_white_space() -> None:
    found = read_proxies("http://a:1@one.test:1, https://b@two.test:2\n http://[::1]:3")
    assert [str(one) for one in found] == ["one.test:1", "two.test:2", "[::1]:3"]
    assert [one.scheme for one in found] == ["http", "https", "http"]
    whole = [one.fill("1", None) for one in found]
    assert [(one.username, one.password) for one in whole] == [
        ("a", "1"),
        ("b", None),
        (None, None),
    ]
    assert whole[2].server == "http://[::1]:3"


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "socks5://u:hunter2@a.test:1",
        "http://u:hunter2@a.test",
        "http://u:hunter2@a.test:0",
        "http://u:hunter2@a.test:65536",
        "http://u:hunter2@@a.test:1",
        "http://u:hunter2@a.test:1/path",
        "http://u{colour}:hunter2@a.test:1",
        "http://u[-{session}:hunter2@a.test:1",
        "http://u[a[b]]:hunter2@a.test:1",
        "http://u{session:hunter2@a.test:1",
        "http://u:hunter2%zz@a.test:1",
        "http://u:hunter2%@a.test:1",
        "http://u:hunter2@a.test:1,http://u:hunter2@a.test:1",
        " , ",
    ],
)
def test_a_wrong_address_stops_the_start_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PROXY_URLS", value)
    with pytest.raises(ConfigError, match="PROXY_URLS is wrong: expected http://") as caught:
        config()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("urls", "country"),
    [
        ("", "deu"),
        ("", "d1"),
        ("http://u-{country}:p@a.test:1", ""),
        ("http://u:{COUNTRY}@a.test:1", ""),
    ],
)
def test_a_country_is_two_letters_and_there_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, urls: str, country: str
) -> None:
    monkeypatch.setenv("PROXY_URLS", urls)
    monkeypatch.setenv("PROXY_COUNTRY", country)
    with pytest.raises(ConfigError, match="PROXY_COUNTRY is wrong: expected two letters"):
        config()


def test_configured_proxies_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY_URLS", f"http://payer-{{country}}:hunter2@{AT}")
    monkeypatch.setenv("PROXY_COUNTRY", "fr")
    [template] = config().proxies
    proxy = template.fill("1", config().proxy_country)
    shown = f"{config()!r} {template!r} {template} {proxy!r} {proxy}"
    assert "hunter2" not in shown
    assert "payer" not in shown
    assert (proxy.username, proxy.password) == ("payer-fr", "hunter2")


@pytest.mark.parametrize(
    ("address", "is_legacy"),
    [
        ("http://u:p@brd.superproxy.io:22225", True),
        ("http://u:p@brd.superproxy.io:33335", False),
        ("http://u:p@other.test:22225", False),
    ],
)
def test_the_vendors_old_entrance_is_known(address: str, is_legacy: bool) -> None:  # noqa: FBT001 - parametrized
    assert ProxyTemplate.read(address).is_legacy is is_legacy
