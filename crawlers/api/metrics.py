"""``/metrics``, for Prometheus: one place for all, though crawls come and go."""

import asyncio
import hmac
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.types import Scope

from crawlers.addresses import is_this_machine
from crawlers.api.families import REQUESTS, Found, Row, families
from crawlers.api.probes import Probe
from crawlers.api.problems import Problem
from crawlers.api.state import State, state_of
from crawlers.storage.metrics import look

router = APIRouter(tags=["health"])

FRESH_S = 5.0
"""However many ask, the database is asked once in so long."""
PATIENCE_S = 5.0
"""What has not answered after so long is down: Prometheus itself waits for ten seconds."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
FORWARDED = {
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
}  # fmt: skip
"""Headers of proxies: behind one on this machine, everybody would be this machine."""
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Asked(Collector):
    """What was found out last, for the registry."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.found: Found = {}

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        return families(self.found)


class Meter:
    """The metrics of one API: what it measures by itself, and what it asks when it is asked."""

    def __init__(self, state: State) -> None:
        """Ask what *state* has."""
        self._state = state
        self._registry = CollectorRegistry()
        self._asked = Asked()
        self._registry.register(self._asked)
        self._requests = Histogram(
            REQUESTS,
            "How long answers took",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._parts: dict[str, Found] = {}
        asks = {"database": self._ask_database}
        if state.redis is not None:
            asks["redis"] = self._ask_redis
        self._probes = {
            name: Probe(f"What metrics need of the {name}", ask, FRESH_S, PATIENCE_S)
            for name, ask in asks.items()
        }

    def measure(self, scope: Scope, status: int, seconds: float) -> None:
        """Note that the request of *scope* was answered."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "none")
        self._requests.labels(method, route, f"{status // 100}xx").observe(seconds)

    async def text(self) -> bytes:
        """Return all of it as Prometheus reads it. A part that hangs takes only its own numbers."""
        answers = await asyncio.gather(*(probe.is_up() for probe in self._probes.values()))
        up = dict(zip(self._probes, answers, strict=True))
        found: dict[str, Iterable[Row]] = {
            "up": [(name, int(is_up)) for name, is_up in up.items()],
            "streams": [(self._state.watchers.total(),)],
        }
        for name, is_up in up.items():
            if is_up:
                found |= self._parts[name]
        self._asked.found = found
        return generate_latest(self._registry)

    async def close(self) -> None:
        """Ask no more."""
        for probe in self._probes.values():
            await probe.close()

    async def _ask_database(self) -> None:
        # Without bounds: of what somebody made, nobody's eyes see nothing.
        sources = self._state.sources.names
        found = await look(self._state.whole, sources)
        seen, whole = self._state.database.pool_stats(), self._state.whole.pool_stats()
        pool: list[Row] = [(name, n + whole[name]) for name, n in seen.items()]
        named: list[Row] = [(name,) for name in sources]
        self._parts["database"] = found | {"pool": pool, "sources": named}

    async def _ask_redis(self) -> None:
        from crawlers.frontier import options  # noqa: PLC0415 - laptops have no Redis
        from crawlers.frontier.overview import Overviews  # noqa: PLC0415 - the same

        assert self._state.redis is not None  # noqa: S101 - it is asked only where there is one
        settings = self._state.settings
        prefix, rules = settings["FRONTIER_KEY_PREFIX"], options.Options.read(settings).rules
        jobs = await Overviews(self._state.redis, prefix, rules).jobs()
        states = ("ready", "waiting", "leased", "dead", "lost")
        rows = [(state, sum(getattr(job, state) for job in jobs)) for state in states]
        self._parts["redis"] = {"frontier": rows}


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Answer Prometheus. Raises Problem for whoever may not ask."""
    state = state_of(request.scope)
    token = state.config.metrics_token
    if token is not None:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(shown.encode(), token.get_secret_value().encode()):
            raise Problem(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    elif not is_local(request):
        raise Problem(403, "only this machine may read metrics: set METRICS_TOKEN")
    meter: Meter = request.app.state.meter
    return Response(await meter.text(), media_type=CONTENT_TYPE_LATEST)


def is_local(request: Request) -> bool:
    """Tell whether *request* comes from this machine, and through nobody.

    The name that it asks for is this machine's, too: a page in somebody's browser may have a name
    of its own lead here.
    """
    if request.client is None or FORWARDED & set(request.headers):
        return False
    return is_this_machine(request.client.host) and is_this_machine(request.url.hostname or "")
