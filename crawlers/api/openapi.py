"""The OpenAPI document: FastAPI's, and every answer that is an error."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import compile_path

from crawlers.api.problems import MEDIA_TYPE

DESCRIPTION = """\
Crawls of web sources, and what they have stored.

Every request but those about health and those that sign in shows an API key
(`scrapy apikey create`) or an access token (`POST /v1/session`): `Authorization: Bearer cr...`.
Everything that goes wrong is a problem document (RFC 9457), which names the fields. Ids are texts;
instants are ISO 8601 in UTC.
"""

TAGS = [
    {"name": "jobs", "description": "Hand in a crawl, watch it, fetch its results."},
    {"name": "accounts", "description": "Sign in, and keep what is yours."},
    {"name": "chess", "description": "Players and games of Lichess."},
    {"name": "duels", "description": "Yu-Gi-Oh! replays of DuelingBook."},
    {"name": "esports", "description": "Valorant esports of VLR.gg."},
    {"name": "alerts", "description": "Collections of products, rules, channels, history."},
    {"name": "products", "description": "Products of shops, with their prices over time."},
    {"name": "profiles", "description": "Accounts of Instagram, and whom they follow."},
    {"name": "health", "description": "Whether the API and what it needs are up."},
]

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "about:blank",
            "title": "Unprocessable Entity",
            "status": 422,
            "detail": "the request is not as documented",
            "errors": [{"field": "query.limit", "message": "Input should be a valid integer"}],
        }
    ],
}

ANYWHERE = (400, 401, 403, 422, 429, 500, 503)
WITH_BODY = (408, 413, 415)
OPEN = (400, 500)

Document = dict[str, Any]


def described(app: FastAPI) -> Callable[[], Document]:
    """Return what makes the document of *app*, once."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return openapi


def _document(app: FastAPI) -> Document:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _add_errors(path, operation)
    return document


def _add_errors(path: str, operation: Document) -> None:
    """Document every error that *operation* may end with; what it says itself stays."""
    statuses = {*(ANYWHERE if path.startswith("/v1/") else OPEN)}
    statuses |= {*WITH_BODY} if "requestBody" in operation else set()
    statuses |= {404} if "{" in path else set()
    answers = operation["responses"]
    answers.pop("422", None)  # FastAPI's own form
    for status in statuses:
        answers.setdefault(str(status), problem(status))
    for status, answer in answers.items():
        if re.match("[45]", status) and "content" not in answer:
            answer |= {"content": problem(int(status))["content"]}
    operation["responses"] = dict(sorted(answers.items()))


def methods_at(app: FastAPI, path: str) -> list[str]:
    """Return the methods that *path* has: a 405 has to name them all, of several routes, too."""
    return sorted(
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if compile_path(template)[0].match(path)
        for method in operations
    )


def problem(status: int) -> Document:
    """Return how an answer with *status* is documented."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def errors(*statuses: int) -> dict[int | str, Document]:
    """Return ``responses=`` of a route that may end with *statuses*, such as 409."""
    return {status: problem(status) for status in statuses}
