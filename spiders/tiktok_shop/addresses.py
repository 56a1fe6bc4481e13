"""The site's addresses: which kinds there are, and what they say."""

import re
from typing import Final
from unicodedata import normalize
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

REGIONS: Final = (
    *("us", "gb", "vn", "th", "my", "id", "ph", "sg"),
    *("mx", "br", "jp", "de", "fr", "es", "it", "ie"),
)
"""The countries in which the site sells."""

SITE: Final = "https://shop.tiktok.com"
INDONESIA: Final = "https://shop-id.tokopedia.com"
HOSTS: Final = frozenset(
    {"shop.tiktok.com", "www.tiktok.com", "tiktok.com", "shop-id.tokopedia.com"}
)
SHARE_HOST: Final = "vt.tiktok.com"
KEPT: Final = ("region", "locale", "q")
"""Parameters that say what is shown. All others are tracking, tokens and signatures."""

_START: Final = r"(?:/shop)?(?:/(?P<region>[a-z]{2}))?"
_ID: Final = r"(?P<id>[1-9][0-9]{15,19})/?"  # 19 digits, as far as is known
_PRODUCT: Final = re.compile(rf"(?:/view/product|{_START}/pdp(?:/[^/]+)?)/{_ID}")
_STORE: Final = re.compile(rf"{_START}/store/[^/]+/{_ID}")
_CATEGORY: Final = re.compile(rf"{_START}/c/[^/]+/(?P<id>[1-9][0-9]{{0,19}})/?")
_KEYWORD: Final = re.compile(r"(?:/shop)?/(?P<region>[a-z]{2})/k/(?P<slug>[^/]+)/?")
_SEARCH: Final = re.compile(r"/shop/s/(?P<query>[^/]+)/?|/us/s/?")
_LISTS: Final = {"store": _STORE, "category": _CATEGORY}
_ANY: Final = (_PRODUCT, _STORE, _CATEGORY, _KEYWORD)


def checked_region(value: str) -> str:
    """Return a region in lower case; raise ValueError for one that is not known."""
    if (region := value.strip().lower()) not in REGIONS:
        raise ValueError(f"unknown region {value!r} (known: {', '.join(REGIONS)})")
    return region


def product_address(url: str) -> str:
    """Return the address of a product's page, or of a link to it, without tracking."""
    parts = urlsplit(_whole(url))
    if parts.hostname == SHARE_HOST and re.fullmatch(r"(?:/t)?/[A-Za-z0-9]+/?", parts.path):
        return f"https://{SHARE_HOST}{parts.path}"
    if parts.hostname not in HOSTS or not _PRODUCT.fullmatch(parts.path):
        raise ValueError(
            f"{url!r} is no product page: expected {SITE}/view/product/ID, "
            "https://www.tiktok.com/shop/pdp/NAME/ID or a link of vt.tiktok.com"
        )
    return _known(_whole(url))


def list_address(kind: str, value: str, region: str | None) -> str:
    """Return the address of a "store" or "category", which *value* gives as address or as id."""
    if not value.isdecimal():
        parts = urlsplit(_whole(value))
        if parts.hostname not in HOSTS or not _LISTS[kind].fullmatch(parts.path):
            letter = {"store": "store", "category": "c"}[kind]
            raise ValueError(
                f"{value!r} is no {kind}: expected an id or {SITE}/COUNTRY/{letter}/NAME/ID"
            )
        return _known(_whole(value))
    if region is None:
        raise ValueError(f"a {kind} by its id needs region=")
    if region == "id" and kind == "category":
        path, site = f"/c/category/{value}", INDONESIA
    else:
        path, site = f"/{region}/{'c' if kind == 'category' else kind}/{kind}/{value}", SITE
    if not _LISTS[kind].fullmatch(path):
        raise ValueError(f"{value!r} is no id of a {kind}")
    return site + path


def keyword_address(keyword: str, region: str | None) -> str:
    """Return the address of what a keyword finds: in the US a search, elsewhere a page of its own.

    >>> keyword_address("Bình giữ nhiệt", "vn")
    'https://shop.tiktok.com/vn/k/binh-giu-nhiet'
    """
    if region is None:
        raise ValueError("keywords need region=")
    if region == "us":
        return f"{SITE}/us/s?{urlencode({'q': keyword})}"
    plain = normalize("NFKD", keyword.lower().replace("đ", "d"))
    plain = normalize("NFC", re.sub("[\u0300-\u036f]", "", plain))
    slug = re.sub(r"[\s!-,./:-@\[-`{-~-]+", "-", plain).strip("-")
    if not slug:
        raise ValueError(f"{keyword!r} has no letter or digit")
    return f"{SITE}/{region}/k/{quote(slug)}"


def cleaned(url: str) -> str:
    """Return *url* without its fragment, and with those parameters only that say what is shown."""
    parts = urlsplit(url)
    query = [(name, one) for name in KEPT for one in parse_qs(parts.query).get(name, [])[:1]]
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return f"{bare}?{urlencode(query)}" if query else bare


def product_id_in(url: str) -> str | None:
    """Return the product's id in the address of its page."""
    match = _PRODUCT.fullmatch(urlsplit(url).path)
    return match["id"] if match else None


def seller_id_in(url: str) -> str | None:
    """Return the seller's id in the address of a store."""
    match = _STORE.fullmatch(urlsplit(url).path)
    return match["id"] if match else None


def keyword_in(url: str) -> str | None:
    """Return the keyword in an address, as words: where it is a slug, its accents are gone."""
    parts = urlsplit(url)
    if match := _KEYWORD.fullmatch(parts.path):
        return unquote(match["slug"]).replace("-", " ").strip() or None
    if not (match := _SEARCH.fullmatch(parts.path)):
        return None
    asked = unquote(match["query"] or "") or " ".join(parse_qs(parts.query).get("q", [])[:1])
    return " ".join(asked.split()) or None


def region_in(url: str) -> str | None:
    """Return the region that an address names, or that alone has such addresses."""
    parts = urlsplit(url)
    if _SEARCH.fullmatch(parts.path):
        return "us"
    matches = (pattern.fullmatch(parts.path) for pattern in _ANY)
    named = next((match["region"] for match in matches if match and match["region"]), None)
    asked = parse_qs(parts.query).get("region", [""])[0].lower()
    return named or (asked if asked in REGIONS else None) or _of_host(parts.hostname)


def _of_host(host: str | None) -> str | None:
    return "id" if host == urlsplit(INDONESIA).hostname else None


def _whole(url: str) -> str:
    return url if "//" in url else f"https://{url}"


def _known(url: str) -> str:
    """Return *url* cleaned, over TLS; raise ValueError where it names an unknown region."""
    parts = urlsplit(url)
    matches = filter(None, (pattern.fullmatch(parts.path) for pattern in _ANY))
    asked = parse_qs(parts.query).get("region", [])
    for region in [*(match["region"] for match in matches), *asked]:
        if region:
            checked_region(region)
    return cleaned(f"https://{parts.hostname}{parts.path}?{parts.query}")
