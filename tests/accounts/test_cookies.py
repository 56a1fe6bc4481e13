"""Sessions in a browser: cookies that no script reads, and that no other site can use."""

import httpx
import pytest

from tests.accounts.team import ACCESS, REFRESH, Person, cookie_header, cookies_of, is_in
from tests.api.serving import Api

OTHER_SITES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
]


def browser(person: Person) -> dict[str, str]:
    """Sign in as a browser does, and return the cookies."""
    answer = person.signs_in(keep="cookie")
    assert answer.status_code == 200, answer.text
    return cookies_of(answer)


def asking(
    api: Api, cookies: dict[str, str], method: str = "GET", **headers: str
) -> httpx.Response:
    """Ask who asks, showing *cookies*."""
    return api.client().request(method, "/v1/session", headers=cookie_header(cookies) | headers)


def test_the_cookies_are_for_this_host_only_and_no_script_reads_them(ada: Person) -> None:
    answer = ada.signs_in(keep="cookie")
    assert answer.json()["access_token"] is None
    assert answer.json()["refresh_token"] is None
    headers = answer.headers.get_list("set-cookie")
    assert [one.partition("=")[0] for one in headers] == [ACCESS, REFRESH]
    for one in headers:
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(one.split("; "))
        assert "Domain" not in one


def test_a_cookie_says_who_asks(ada: Person) -> None:
    assert asking(ada.api, browser(ada)).json()["name"] == ada.name


def test_where_the_access_token_is_over_the_browser_goes_on_by_itself(ada: Person) -> None:
    kept = browser(ada)
    answer = asking(ada.api, {REFRESH: kept[REFRESH]})
    assert answer.json()["name"] == ada.name
    fresh = cookies_of(answer)
    assert fresh.keys() == {ACCESS, REFRESH}
    assert cookies_of(asking(ada.api, fresh)) == {}
    ada.api.execute("update refresh_tokens set used_at = used_at - interval '1 minute'")
    assert asking(ada.api, {REFRESH: kept[REFRESH]}).status_code == 401
    assert "refresh token reused" in ada.events()


def test_cookies_that_open_nothing_are_forgotten(api: Api) -> None:
    answer = asking(api, {ACCESS: "x", REFRESH: f"crr_0123456789ab_{43 * 'a'}"})
    assert answer.status_code == 401
    assert cookies_of(answer) == {ACCESS: "", REFRESH: ""}
    assert api.client().get("/health/live", headers=cookie_header({ACCESS: "x"})).status_code == 200


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_no_other_site_changes_anything_by_a_cookie(ada: Person, headers: dict[str, str]) -> None:
    kept = browser(ada)
    assert asking(ada.api, kept, "DELETE", **headers).status_code == 403
    assert asking(ada.api, kept).status_code == 200


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_no_other_site_signs_somebody_in(ada: Person, headers: dict[str, str]) -> None:
    body = {"name": ada.name, "password": "x", "keep": "cookie"}
    answer = ada.api.client().post("/v1/session", json=body, headers=headers)
    assert answer.status_code == 403
    refresh = cookie_header(browser(ada)) | headers
    answer = ada.api.client().post("/v1/session/refresh", json={}, headers=refresh)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": ""}]
)
def test_our_own_pages_do(ada: Person, headers: dict[str, str]) -> None:
    kept = browser(ada)
    if "Origin" in headers:
        headers = {"Origin": ada.api.url}
    answer = asking(ada.api, kept, "DELETE", **headers)
    assert answer.status_code == 204
    assert cookies_of(answer) == {ACCESS: "", REFRESH: ""}
    assert not is_in(ada.api, kept[ACCESS])
    assert asking(ada.api, kept).status_code == 401
    assert ada.events()[-1] == "signed out"


def test_a_credential_in_the_header_counts_and_not_the_cookie(ada: Person) -> None:
    other = Person.of(ada.api, "reader").tokens()["access_token"]
    answer = asking(ada.api, browser(ada), Authorization=f"Bearer {other}")
    assert answer.json()["role"] == "reader"
    assert asking(ada.api, browser(ada), Authorization="Bearer x").status_code == 401
