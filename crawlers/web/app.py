"""The dashboard as an application of its own, beside the API: its errors are pages."""

from importlib import import_module

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Match, Mount
from starlette.types import Scope

from crawlers.api.access import visitor
from crawlers.api.state import State
from crawlers.web import session, static
from crawlers.web.parsing import Parsing
from crawlers.web.stored import Counts
from crawlers.web.trouble import Trouble, answer_of

OF_THE_API = ("/v1/", "/health/", "/openapi.json", "/metrics")

ROUTERS = (
    "home",
    "jobs",
    "results",
    "submit",
    "data",
    "chess",
    "duels",
    "esports",
    "products",
    "stored",
    "quarantine",
    "frontier",
    "schedules",
    "alerts",
    "channels",
    "collections",
    "keys",
    "account",
)
"""Modules with pages for those who have signed in."""


class Pages(Mount):
    """All addresses but those of the API, which has answers of its own for what it lacks."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave the API what is its own."""
        if scope["type"] == "http" and scope["path"].startswith(OF_THE_API):
            return Match.NONE, {}
        return super().matches(scope)


def routers() -> list[APIRouter]:
    """Return the routers of all pages: for strangers, and for those who have signed in."""
    return [static.router, session.router, *_inside()]


def mounted(state: State) -> Pages:
    """Return the dashboard that shows what *state* knows."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Trouble)],
    )
    app.state.crawlers, app.state.parsing = state, Parsing(state.settings)
    app.state.counts = Counts(state.database)
    app.include_router(static.router)
    app.include_router(session.router)
    for router in _inside():
        app.include_router(router, dependencies=[Depends(visitor)])
    for kind in (HTTPException, RequestValidationError):  # the rest is for the outermost
        app.add_exception_handler(kind, answer_of)
    return Pages("/", app)


def _inside() -> list[APIRouter]:
    return [import_module(f"crawlers.web.{name}").router for name in ROUTERS]
