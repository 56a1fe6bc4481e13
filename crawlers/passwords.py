"""Passwords: what is a good one, and how it is kept. Argon2 takes time and memory on purpose."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from crawlers.errors import AccountError

SHORTEST, LONGEST = 12, 1024

HASHER = PasswordHasher()
"""RFC 9106's second choice: 64 MiB and three passes. Stored hashes say what they were made with."""


def checked(password: str, name: str) -> str:
    """Return *password* as it is hashed, for *name*. Raises AccountError for one that is too weak.

    Long ones are good ones: nobody is asked for capitals and digits (NIST SP 800-63B).
    """
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise AccountError(f"a password has {SHORTEST} to {LONGEST:,} letters")
    if len(set(text)) <= 2 or text.casefold() == name.casefold():  # noqa: PLR2004 - "abababab"
        raise AccountError("this password is too easy to guess")
    return text


def hashed(password: str) -> str:
    """Return what is stored of *password*. Blocks for about a tenth of a second."""
    return HASHER.hash(_normal(password))


def verified(stored: str | None, password: str) -> bool:
    """Tell whether *password* is the *stored* one. Blocks, as long where there is none stored."""
    try:
        HASHER.verify(stored or _nobodys(), _normal(password))
    except (AccountError, Argon2Error, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Tell whether *stored* was made with other parameters than are used now."""
    return HASHER.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return HASHER.hash("whoever is not there takes as long to be refused")


def _normal(password: str) -> str:
    """Return *password* in one form: keyboards differ in how they write the same letters."""
    try:
        text = unicodedata.normalize("NFKC", password)
        text.encode()
    except UnicodeEncodeError:
        raise AccountError("a password holds what is no character") from None
    return text[: LONGEST + 1]
