"""What of an address no log may show: passwords, and tokens in a name's place or a query. Pure."""

import re

ADDRESS = re.compile(r"(?P<scheme>[a-z+]+)://(?:(?P<who>[^/@]*)@)?[^?]*(?:[?](?P<query>.*))?")
NAMED = re.compile(r"[^&=]*(?:pass|token|key|secret)[^&=]*=([^&]*)", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{[^{}]*\}|[\[\]]")
"""Where PROXY_URLS are filled in: what stands between is what a filled one shows."""
BY_TOKEN = re.compile(r"https?|wss?")
"""Where a name without a password is a token; elsewhere it is the name of a user."""


def secrets_in(address: str) -> set[str]:
    """Return the secret parts of *address*, as they are written; none for what is no address."""
    found = ADDRESS.fullmatch(address)
    if found is None:
        return set()
    user, _, password = (found["who"] or "").partition(":")
    if not password and BY_TOKEN.fullmatch(found["scheme"]):
        password = user
    words = {password, *PLACEHOLDER.split(password), *NAMED.findall(found["query"] or "")}
    return words - {""}
