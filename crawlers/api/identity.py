"""People whom an identity provider signs in: tokens that it signs, as Clerk's.

The claims are checked one by one, because neither library nor provider does so by itself: see
docs/adr/0015-accounts.md.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWKSetError, PyJWTError

from crawlers.config import Config
from crawlers.errors import ProviderError
from crawlers.storage.credentials import Opened
from crawlers.storage.database import Database
from crawlers.storage.users import of_provider

FORM = re.compile(r"ey[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{1,8000}\.[A-Za-z0-9_-]{1,2000}")
SUBJECT = re.compile(r"[!-~]{1,255}")
ALGORITHM = "RS256"
"""No other: a token chooses none."""
REQUIRED = ["exp", "nbf", "iat", "sub", "iss"]
LEEWAY_S = 5
KEYS_S = 300.0
"""Keys are fetched anew after so long."""
COOLDOWN_S = 30.0
"""One that is not known, too, but only if the last time is so long ago."""
ANSWER_S = 5.0
REST_S = 5.0
"""A provider that does not answer is left alone for so long."""
AWAY = "the identity provider does not answer"


@dataclass(frozen=True)
class Token:
    """A token of an identity provider as somebody shows it."""

    text: str
    kind: ClassVar = "jwt"

    @classmethod
    def read(cls, text: str) -> "Token | None":
        """Return what *text* shows; None where it has not the form of one."""
        return cls(text) if FORM.fullmatch(text) else None

    @cached_property
    def hash(self) -> bytes:
        """What tells it from others."""
        return sha256(self.text.encode()).digest()

    @property
    def id(self) -> str:
        """The same as text."""
        return self.hash.hex()

    def __repr__(self) -> str:
        """Return what may be shown to others."""
        return "Token(...)"


class IdentityProvider:
    """Finds whom a token stands for. Who comes for the first time becomes a person."""

    def __init__(self, config: Config, database: Database) -> None:
        """Trust the issuer that *config* names."""
        self._config = config
        self._database = database
        self._keys = jwt.PyJWKClient(
            config.auth_jwks,
            lifespan=KEYS_S,
            timeout=ANSWER_S,
            cooldown_duration=config.wait_share * COOLDOWN_S,
        )
        self._asking = asyncio.Lock()
        self._rests_until = 0.0

    async def find(self, token: Token) -> Opened | None:
        """Return whom *token* stands for; None for one that opens nothing. Raises ProviderError."""
        claims = await self._claims(token.text)
        if claims is None or not self._are_ours(claims):
            return None
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        user = await of_provider(self._database, issuer, subject, self._config.auth_role)
        if user is None:
            return None
        return Opened(
            hash=token.hash,
            expires_at=datetime.fromtimestamp(claims["exp"] + LEEWAY_S, UTC),
            is_good=user.disabled_at is None,
            scopes=None,
            key_id=None,
            user_id=user.id,
            name=user.name,
            role=user.role,
            session_id=None,
        )

    async def _claims(self, text: str) -> Mapping[str, Any] | None:
        """Return what a token says that is signed, young, and of our issuer."""
        try:
            head = jwt.get_unverified_header(text)
            if head.get("alg") != ALGORITHM or "kid" not in head:
                return None
            return self._decoded(text, await self._key(head["kid"]))
        except (PyJWTError, ValueError, TypeError):
            return None

    async def _key(self, name: str) -> jwt.PyJWK:
        """Return the provider's key of that *name*. Raises PyJWTError, or ProviderError."""
        async with self._asking:  # one fetch at a time, in a thread: it blocks
            if time.monotonic() < self._rests_until:
                raise ProviderError(AWAY)
            try:
                return await asyncio.to_thread(self._keys.get_signing_key, name)
            except (PyJWKClientConnectionError, PyJWKSetError, OSError, ValueError):
                self._rests_until = time.monotonic() + REST_S
                raise ProviderError(AWAY) from None

    def _decoded(self, text: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        audience = self._config.auth_audience
        found: Mapping[str, Any] = jwt.decode(
            text,
            key,
            algorithms=[ALGORITHM],
            issuer=self._config.auth_issuer,
            audience=audience,
            leeway=LEEWAY_S,
            options={"require": REQUIRED, "verify_aud": audience is not None},
        )
        return found

    def _are_ours(self, claims: Mapping[str, Any]) -> bool:
        """Tell whether *claims* are those of a person who may come in here."""
        config = self._config
        organisation = claims.get("o")
        of_person = organisation.get("id") if isinstance(organisation, Mapping) else None
        parties = config.auth_parties.split(",") if config.auth_parties else None
        return (
            SUBJECT.fullmatch(str(claims["sub"])) is not None
            and claims.get("sts") != "pending"  # signed in, but to no organisation yet
            and "act" not in claims  # somebody of the provider, as if it were them
            and (parties is None or claims.get("azp") in parties)
            and config.auth_organisation in {None, of_person or claims.get("org_id")}
        )
