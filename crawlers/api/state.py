"""What all requests of one API share, and how a route gets it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request
from scrapy.settings import BaseSettings

from crawlers.api.derived import Derived
from crawlers.api.identity import IdentityProvider
from crawlers.api.keys import KeyRing
from crawlers.api.probes import Probe, probes_of
from crawlers.api.rates import Rates
from crawlers.config import Config
from crawlers.extras import extra
from crawlers.jobs.sources import Sources
from crawlers.storage.database import Database
from crawlers.storage.ownership import Eyes, SeenDatabase, prepare
from crawlers.storage.sessions import Lifetimes

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from starlette.types import Scope

RETRY_S = 1.5
"""So long lost work is tried again before somebody is told to come back."""
PATIENCE_S = 2.0
"""So long a request waits for a connection to the database."""
CONNECTIONS = 16
REDIS_S = 1.0
"""So long a request waits for Redis."""


@dataclass
class State:
    """One database, one Redis, one ring of keys for one event loop. Nothing is opened yet."""

    settings: BaseSettings
    config: Config
    database: Database
    """As the API's role sees it (`crawlers.storage.ownership`): nothing that somebody made."""
    whole: Database
    """The same without bounds, for what no caller asks: who they are, and what they hand in."""
    sources: Sources
    redis: "Redis | None"
    identity: IdentityProvider | None
    keys: KeyRing
    rates: Rates
    probes: Mapping[str, Probe]
    derived: Derived
    lifetimes: Lifetimes
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server is about to stop: streams end then."""
    watchers: Counter[str | None] = field(default_factory=Counter)
    """The streams of each key that are open."""

    @classmethod
    def of(cls, settings: BaseSettings, config: Config) -> "State":
        """Make what *settings* and *config* name."""
        database, whole = (
            Database(config, retry_s=RETRY_S, patience_s=PATIENCE_S, connections=n, becoming=role)
            for n, role in ((CONNECTIONS, prepare), (CONNECTIONS // 2, None))
        )
        redis = _redis(config)
        identity = IdentityProvider(config, whole) if config.auth_issuer else None
        keys, rates = KeyRing(whole, identity), Rates(config.api_rate, redis)
        probes = probes_of(config, database, redis)
        derived = Derived(config.redis_url)
        return cls(
            settings,
            config,
            database,
            whole,
            Sources(settings),
            redis,
            identity,
            keys,
            rates,
            probes,
            derived,
            _lifetimes(settings),
        )

    async def close(self) -> None:
        """Close the connections."""
        self.closing.set()
        for probe in self.probes.values():
            await probe.close()
        await self.derived.close()
        await self.database.close()
        await self.whole.close()
        if self.redis is not None:
            await self.redis.aclose()


def _lifetimes(settings: BaseSettings) -> Lifetimes:
    return Lifetimes(
        access=timedelta(seconds=settings.getfloat("ACCESS_TOKEN_S")),
        idle=timedelta(days=settings.getfloat("SESSION_IDLE_DAYS")),
        longest=timedelta(days=settings.getfloat("SESSION_DAYS")),
        grace=timedelta(seconds=settings.getfloat("REFRESH_GRACE_S")),
    )


def _redis(config: Config) -> "Redis | None":
    if config.redis_url is None:
        return None
    with extra("redis", "REDIS_URL needs"):
        from crawlers.frontier.connection import connect  # noqa: PLC0415 - an extra
    return connect(
        config.redis_url.get_secret_value(),
        single_connection_client=False,
        socket_timeout=REDIS_S,
        socket_connect_timeout=REDIS_S,
    )


def state_of(scope: "Scope") -> State:
    """Return the state of the API that handles the request of *scope*."""
    return cast("State", scope["app"].state.crawlers)


def public_database(request: Request) -> Database:
    """Return the database with what is everybody's."""
    return state_of(request.scope).database


def whole_database(request: Request) -> Database:
    """Return the database without bounds."""
    return state_of(request.scope).whole


def database(request: Request) -> Database:
    """Return the database as whoever asks may see it."""
    who = getattr(request.state, "caller", None)
    job = request.path_params.get("job")
    eyes = Eyes(who.owner, who.is_admin, job=job) if who is not None else Eyes()
    return seen_by(state_of(request.scope), eyes)


def seen_by(state: State, eyes: Eyes) -> Database:
    """Return the database as *eyes* may see it."""
    return SeenDatabase(state.database, eyes)


def sources(request: Request) -> Sources:
    """Return the sources of the project."""
    return state_of(request.scope).sources


def redis(request: Request) -> "Redis | None":
    """Return the client of Redis, or None where there is no Redis."""
    return state_of(request.scope).redis


def closing(request: Request) -> asyncio.Event:
    """Return the event that is set when the server is about to stop."""
    return state_of(request.scope).closing


def configuration(request: Request) -> Config:
    """Return the configuration."""
    return state_of(request.scope).config


TheDatabase = Annotated[Database, Depends(database)]
"""For what somebody made: of that, only what the caller may see is there."""
PublicDatabase = Annotated[Database, Depends(public_database)]
"""For what is everybody's: nothing that somebody made is there at all."""
WholeDatabase = Annotated[Database, Depends(whole_database)]
"""For what has to look at everything. Whoever takes it checks by himself who asks."""
TheSources = Annotated[Sources, Depends(sources)]
TheConfig = Annotated[Config, Depends(configuration)]
