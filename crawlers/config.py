"""Configuration from the environment. The only reader of ``os.environ``."""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from crawlers.address_secrets import secrets_in
from crawlers.config_service import ServiceConfig
from crawlers.errors import ConfigError
from crawlers.proxy_urls import ProxyTemplate, read_proxies
from crawlers.scrapyd_urls import ScrapydAddress, read_scrapyds

ROOT = Path(__file__).resolve().parent.parent
if not ROOT.is_dir():  # an egg
    ROOT = Path.cwd()

SECRETS_OF_OTHERS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD")
"""Variables that libraries read for themselves."""
DAYS_MAX = 36_500
"""For longer nobody keeps anything; PostgreSQL counts back as far."""
Days = Annotated[int, Field(ge=1, le=DAYS_MAX)]


class Config(ServiceConfig):
    """Everything that a deployment may say. Variable names are the fields' in upper case."""

    model_config = SettingsConfigDict(env_ignore_empty=True, frozen=True, extra="ignore")

    crawlers_home: Path = Field(ROOT / ".crawlers", description="a folder for all local data")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host:port/name, percent-encoded; unset: embedded",
    )
    raw_store_url: str | None = Field(
        None, description="file:///folder or s3://bucket/prefix; unset: a folder in CRAWLERS_HOME"
    )
    backup_store_url: str | None = Field(
        None, description="file:///folder or s3://bucket/prefix; unset: a folder in CRAWLERS_HOME"
    )
    backup_daily_at: str | None = Field(
        None,
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="hours and minutes (UTC), such as 03:30, at which `scrapy work` makes a backup",
    )
    retain_raw_days: Days | None = Field(
        None, description="a number of days: for so long `scrapy retain` keeps raw pages"
    )
    retain_quarantine_days: Days | None = Field(
        None, description="a number of days: for so long `scrapy retain` keeps quarantine"
    )
    retain_results_days: Days | None = Field(
        None, description="a number of days: so long `scrapy retain` keeps results of jobs"
    )
    retain_alerts_days: Days | None = Field(
        None, description="a number of days: for so long `scrapy retain` keeps alerts"
    )
    aws_endpoint_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="http://host:port or https://..., an S3 server that is not AWS",
    )
    aws_region: str | None = Field(None, description="the region of the bucket, such as eu-west-1")
    redis_url: SecretStr | None = Field(
        None,
        description="redis://user:password@host:port/number, rediss:// or unix:///path, "
        "percent-encoded; unset: no crawl is shared by workers",
    )
    scrapyd_urls: SecretStr | None = Field(
        None,
        description="http://user:password@host:port, separated by commas, percent-encoded, each "
        "once; more than one only together with REDIS_URL",
    )
    scrapyd_project: str = Field(
        "crawlers", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="the name of a project"
    )
    lichess_token: SecretStr | None = Field(None, description="a personal token of lichess.org")
    apify_token: SecretStr | None = Field(
        None, description="a token of the Apify API: its runs cost money"
    )
    crawlers_contact: str | None = Field(
        None,
        pattern=r"^[ -~]{1,200}$",
        description="an address or a page where a site's people can reach you",
    )
    proxy_urls: SecretStr | None = Field(
        None,
        description="http://user:password@host:port, separated by commas, percent-encoded; "
        "{session} and {country} are filled in, [parts] in brackets left out when unknown",
    )
    proxy_country: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2}$",
        validate_default=True,
        description="two letters; needed where PROXY_URLS have {country} outside of brackets",
    )
    browser_cdp_url: SecretStr | None = Field(
        None,
        description="ws://, wss://, http:// or https://user:password@host:port, a remote browser",
    )
    browser_executable: Path | None = Field(
        None, description="the path of an executable Chromium or Chrome"
    )
    stockfish_executable: Path | None = Field(
        None, description="the path of an executable Stockfish, or of another UCI engine"
    )
    log_format: Literal["text", "json"] = Field("text", description="text or json")
    crawlers_test: bool = Field(
        default=False, description="1 allows loopback origins and short waits"
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse here what libpq would refuse with the password in its message."""
        if value and not re.fullmatch(
            r"postgres(ql)?://(([^@/%]|%[0-9A-Fa-f]{2})*@)?[^@%]*(\?.*)?", value.get_secret_value()
        ):
            raise ValueError("not a PostgreSQL address")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse here what redis-py would refuse with the password in its message."""
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and not (
            (parts.scheme in {"redis", "rediss"} and parts.hostname)
            or (parts.scheme == "unix" and parts.path)
        ):
            raise ValueError("not the address of a Redis")
        _ = parts and parts.port  # raises ValueError for one that is none
        return value

    @field_validator("scrapyd_urls")
    @classmethod
    def _are_scrapyds(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        found = read_scrapyds(value.get_secret_value()) if value else ()
        if len(found) > 1 and not info.data.get("redis_url"):
            raise ValueError("workers on several machines share their work in Redis")
        return value

    @field_validator("lichess_token")
    @classmethod
    def _is_token(cls, value: SecretStr | None) -> SecretStr | None:
        """Check what the site's own documentation says of tokens."""
        if value and not re.fullmatch(r"[A-Za-z0-9_]{1,512}", value.get_secret_value()):
            raise ValueError("not a token")
        return value

    @field_validator("apify_token")
    @classmethod
    def _is_api_token(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what no header may hold, without showing it."""
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,512}", value.get_secret_value()):
            raise ValueError("not a token")
        return value

    @field_validator("proxy_urls")
    @classmethod
    def _are_proxies(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            read_proxies(value.get_secret_value())
        return value

    @field_validator("proxy_country")
    @classmethod
    def _fills_proxies(cls, value: str | None, info: ValidationInfo) -> str | None:
        urls = info.data.get("proxy_urls")
        if (
            urls
            and not value
            and any(p.needs_country for p in read_proxies(urls.get_secret_value()))
        ):
            raise ValueError("a country is needed")
        return value

    @field_validator("browser_cdp_url")
    @classmethod
    def _is_browser(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse here what Playwright would repeat in its error, credentials included."""
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"ws", "wss", "http", "https"} or not parts.hostname):
            raise ValueError("not the address of a browser")
        _ = parts and parts.port  # raises ValueError for one that is none
        return value

    @field_validator("browser_executable", "stockfish_executable")
    @classmethod
    def _is_executable(cls, value: Path | None) -> Path | None:
        if value and not (value.is_file() and os.access(value, os.X_OK)):
            raise ValueError("not an executable")
        return value

    @field_validator("raw_store_url", "backup_store_url")
    @classmethod
    def _is_store(cls, value: str | None) -> str | None:
        if value and not value.startswith(("file:///", "s3://")):
            raise ValueError("not a store address")
        return value

    @property
    def secrets(self) -> frozenset[str]:
        """Everything that no log may show: the values, and passwords and tokens in addresses."""
        given = [getattr(self, name) for name in type(self).model_fields]
        values = {one.get_secret_value() for one in given if isinstance(one, SecretStr)}
        values |= {os.environ.get(name, "") for name in SECRETS_OF_OTHERS}
        parts = {part for value in values for part in re.split(r"[,\s]", value)}
        shown = values | parts | {word for part in parts for word in secrets_in(part)}
        return frozenset(one for one in shown | {unquote(one) for one in shown} if len(one) > 3)  # noqa: PLR2004 - shorter ones would blot out words

    @property
    def proxies(self) -> tuple[ProxyTemplate, ...]:
        """The proxies to go through; none: go directly."""
        return read_proxies(self.proxy_urls.get_secret_value()) if self.proxy_urls else ()

    @property
    def scrapyds(self) -> tuple[ScrapydAddress, ...]:
        """The Scrapyds on which jobs are started; none: in processes of the dispatcher's own."""
        return read_scrapyds(self.scrapyd_urls.get_secret_value()) if self.scrapyd_urls else ()

    @property
    def wait_share(self) -> float:
        """The share to which our own waits shrink in test mode; what a site asks for does not."""
        return 0.02 if self.crawlers_test else 1.0

    @property
    def home(self) -> Path:
        """The absolute folder for local data."""
        return self.crawlers_home.expanduser().absolute()


def environment_with(variables: Mapping[str, str]) -> dict[str, str]:
    """Return our own environment with *variables*, for a child: no list of processes shows it."""
    return os.environ | variables


@cache
def config() -> Config:
    """Return the configuration, read once. A wrong value raises ConfigError, without the value."""
    try:
        return Config()
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        expected = Config.model_fields[name].description
        raise ConfigError(f"{name.upper()} is wrong: expected {expected}") from None
