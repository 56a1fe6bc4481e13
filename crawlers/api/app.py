"""The HTTP API, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from importlib.metadata import version

from fastapi import FastAPI
from scrapy.settings import BaseSettings
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from crawlers.api import problems
from crawlers.api.edge import Edge
from crawlers.api.gate import Gate
from crawlers.api.metrics import Meter
from crawlers.api.openapi import DESCRIPTION, TAGS, described, methods_at
from crawlers.api.state import State
from crawlers.config import Config


def create_app(settings: BaseSettings, config: Config) -> FastAPI:
    """Return the API of the project whose *settings* these are. Opens nothing yet."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.meter.close()
        await app.state.crawlers.close()

    app = FastAPI(
        title="crawlers",
        version=version("crawlers"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        middleware=_middleware(config),
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.crawlers = State.of(settings, config)
    app.state.meter = Meter(app.state.crawlers)
    problems.install(app, partial(methods_at, app))
    for name in settings.getlist("API_ROUTERS"):
        app.include_router(import_module(name).router)
    for name in settings.getlist("API_MOUNTS"):
        app.router.routes.append(import_module(name).mounted(app.state.crawlers))
    app.openapi = described(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _middleware(config: Config) -> list[Middleware]:
    """Return what a request goes through, the outermost first."""
    found = [Middleware(Edge)]
    if config.api_cors_origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=config.api_cors_origins.split(","),
                allow_methods=["GET", "POST", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
                expose_headers=["Location", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"],
            )
        )
    return [*found, Middleware(Gate)]
