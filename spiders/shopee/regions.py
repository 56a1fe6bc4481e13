"""The countries in which Shopee sells: domains, currencies, and which one a page is of."""

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from crawlers.errors import PageError


class Country(NamedTuple):
    """A site: its domain and its currency."""

    domain: str
    currency: str


COUNTRIES: Final = {
    "sg": Country("shopee.sg", "SGD"),
    "my": Country("shopee.com.my", "MYR"),
    "id": Country("shopee.co.id", "IDR"),
    "th": Country("shopee.co.th", "THB"),
    "vn": Country("shopee.vn", "VND"),
    "ph": Country("shopee.ph", "PHP"),
    "tw": Country("shopee.tw", "TWD"),
    "br": Country("shopee.com.br", "BRL"),
    "mx": Country("shopee.com.mx", "MXN"),
    "cl": Country("shopee.cl", "CLP"),
    "co": Country("shopee.com.co", "COP"),
}
"""By the two letters that other sites and the rows call them."""

NOWHERE: Final = "shopee.com"
"""The domain of no country: for saved answers that name none."""

HOSTS: Final = {country.domain: region for region, country in COUNTRIES.items()} | {
    "sg.xiapibuy.com": "sg"
}
CURRENCIES: Final = {country.currency: region for region, country in COUNTRIES.items()}


def region_in(url: str) -> str | None:
    """Return the region of the page at *url*, by its host.

    A stand-in has one host for all of them: its addresses name the region in their fragment.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host == NOWHERE:
        return None
    found = HOSTS.get(host, parts.fragment)
    return found if found in COUNTRIES else None


def place_of(url: str, currency: str | None) -> tuple[str, str]:
    """Return region and currency of what the page at *url* sells; PageError where none is known.

    Each region has a currency of its own, so that one says the other; they must not differ.
    """
    if currency is not None and currency not in CURRENCIES:
        raise PageError(url, f"no country of the site pays in {currency[:8]!r}")
    said = CURRENCIES[currency] if currency else None
    region = region_in(url) or said
    if region is None:
        raise PageError(url, "neither a currency nor a country is named: say region=")
    if said not in {None, region}:
        raise PageError(url, f"prices in {currency} on the site of {region!r}")
    return region, COUNTRIES[region].currency


def product_url(region: str, shop: str, product: str) -> str:
    """Return the address of a product's page, in the form without its name."""
    return f"https://{COUNTRIES[region].domain}/product/{shop}/{product}"
