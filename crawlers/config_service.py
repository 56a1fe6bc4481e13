"""Configuration, the part that is about `scrapy serve`: people, alerts, errors, metrics."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from crawlers.roles import Role

KEY_BYTES = 32


class ServiceConfig(BaseSettings):
    """The part of `crawlers.config.Config` that is about `scrapy serve` and what goes with it."""

    api_rate: str = Field(
        "600/minute",
        pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour|day)$",
        description="a number and second, minute, hour or day: requests of each person or key",
    )
    api_body_max: int = Field(
        16 * 1024 * 1024, ge=1024, description="the most bytes of a request's body, at least 1024"
    )
    api_cors_origins: str | None = Field(
        None,
        pattern=r"^https?://[^\s,/]+(,https?://[^\s,/]+)*$",
        description="https://host, separated by commas: pages of others that may ask the API",
    )
    auth_issuer: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="https://..., whose tokens are taken for people; `iss` as it stands in them",
    )
    auth_jwks_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="https://..., its keys; unset: /.well-known/jwks.json of AUTH_ISSUER",
    )
    auth_audience: str | None = Field(
        None, pattern=r"^\S{1,200}$", description="what `aud` of a token must name"
    )
    auth_parties: str | None = Field(
        None,
        pattern=r"^[^\s,]+(,[^\s,]+)*$",
        description="https://host, separated by commas: pages that a token may come from (`azp`)",
    )
    auth_organisation: str | None = Field(
        None, pattern=r"^\S{1,200}$", description="the id of an organisation: only its members"
    )
    auth_role: Role = Field("reader", description="administrator, member or reader")
    alerts_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 (openssl rand -base64 32), which encrypt the addresses of "
        "channels; several separated by commas: the first encrypts, all decrypt",
    )
    alerts_hosts: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.:\[\]-]{1,255}(,[A-Za-z0-9.:\[\]-]{1,255})*$",
        description="hosts, separated by commas, that alerts may be sent to on private addresses",
    )
    metrics_token: SecretStr | None = Field(
        None, description="16 or more letters, digits, - and _, by which /metrics is read"
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="https://key@host/project, where errors are reported"
    )

    @field_validator("metrics_token")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,512}", value.get_secret_value()):
            raise ValueError("not a token")
        return value

    @field_validator("sentry_dsn")
    @classmethod
    def _is_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse here what the SDK would refuse with a traceback."""
        if value and not re.fullmatch(
            r"https?://[^\s:@/]+@[^\s@/]+(/[^\s/]+)*/[0-9]+", value.get_secret_value()
        ):
            raise ValueError("not a DSN")
        return value

    @field_validator("alerts_key")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            for one in value.get_secret_value().split(","):
                _key(one)
        return value

    @field_validator("auth_issuer", "auth_jwks_url")
    @classmethod
    def _is_by_tls(cls, value: str | None) -> str | None:
        """Let nobody on the way say who signs: only this machine may be asked without TLS."""
        parts = urlsplit(value) if value else None
        if parts and parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError("not by TLS")
        return value

    @property
    def auth_jwks(self) -> str:
        """Where the keys of the issuer are."""
        return self.auth_jwks_url or f"{self.auth_issuer}/.well-known/jwks.json"

    @property
    def alerts_keys(self) -> tuple[bytes, ...]:
        """The keys that addresses of channels are encrypted by, the newest first."""
        given = self.alerts_key.get_secret_value().split(",") if self.alerts_key else ()
        return tuple(map(_key, given))


def _key(text: str) -> bytes:
    """Return a key of Fernet, whichever alphabet of base64 it is in. Raises ValueError."""
    found = urlsafe_b64decode(text.strip().replace("+", "-").replace("/", "_"))
    if len(found) != KEY_BYTES:
        raise ValueError("not a key")
    return urlsafe_b64encode(found)
