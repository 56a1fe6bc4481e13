"""What is wrong, as problem documents (RFC 9457), whoever finds it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawlers.errors import (
    AlertError,
    FrontierError,
    JobError,
    ProviderError,
    StorageError,
    TakenError,
)
from crawlers.jobs.submitting import SubmissionError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
SHOWN = 100
"""Wrong fields are named up to so many."""

UNSTORABLE = {None, "22003", "22021", "22P05"}
"""SQLSTATEs of values that no column takes: a number too large, a NUL, half of a character."""


class FieldError(NamedTuple):
    """One *field* that is wrong, such as ``body.units.3``, and what is wrong with it."""

    field: str
    message: str


class Problem(HTTPException):
    """Raised by whatever answers a request, for an answer that is an error."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with *status* and *detail*; *errors* name what is wrong with which field."""
        super().__init__(status, detail, dict(headers or {}))
        self.errors = list(errors)


def response_of(problem: HTTPException) -> JSONResponse:
    """Return *problem* as a document."""
    errors: Sequence[FieldError] = getattr(problem, "errors", ())
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "detail": problem.detail,
        "errors": [one._asdict() for one in errors[:SHOWN]],
    }
    return JSONResponse(content, problem.status_code, problem.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> HTTPException:
    """Return what to say of *error*. What nobody expects is logged here, and told to nobody."""
    match error:
        case HTTPException():
            found = error
        case RequestValidationError():
            found = _invalid(error)
        case SubmissionError():
            errors = [FieldError(f"body.{where}", said) for where, said in error.problems]
            found = Problem(422, "this job cannot be handed in", errors)
        case TakenError() | JobError():
            found = Problem(409, str(error))
        case AlertError():
            errors = [FieldError(f"body.{error.field}", str(error))] if error.field else []
            found = Problem(422, str(error), errors)
        case StorageError() | FrontierError():
            logger.warning("%s", error)
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            found = Problem(503, "the storage does not answer: try again", headers=headers)
        case ProviderError():
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            found = Problem(503, str(error), headers=headers)
        case UnicodeEncodeError():
            found = Problem(422, "a text holds what is no character")
        case DataError() if error.sqlstate in UNSTORABLE:
            found = Problem(422, "a value holds what cannot be stored")
        case _:
            logger.error("an error that nobody expects", exc_info=error)
            found = Problem(500, "something went wrong here; it has been logged")
    return found


def install(app: FastAPI, methods_at: Callable[[str], Sequence[str]]) -> None:
    """Answer with a document whatever is raised where *app* answers.

    *methods_at* a path are those that it has, by all of its routes: one route knows only its own.
    """

    async def answer(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, RequestValidationError) and _has_other_body(request, error):
            error = Problem(415, "the body is to be JSON: Content-Type: application/json")
        elif isinstance(error, HTTPException) and error.status_code == 405:  # noqa: PLR2004
            headers = {"Allow": ", ".join(methods_at(request.url.path))}
            error = Problem(405, "this address has other methods", headers=headers)
        return response_of(problem_of(error))

    for kind in (HTTPException, RequestValidationError, SubmissionError, JobError, AlertError,
                 StorageError, FrontierError, UnicodeEncodeError, DataError):  # fmt: skip
        app.add_exception_handler(kind, answer)


def _has_other_body(request: Request, error: RequestValidationError) -> bool:
    """Tell whether a body was not read because it does not say that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    is_there = request.headers.get("content-length", "0") != "0"
    is_there = is_there or "transfer-encoding" in request.headers
    return is_there and not is_json and any(one["loc"][:1] == ("body",) for one in error.errors())


def _invalid(error: RequestValidationError) -> Problem:
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        place = found[0]["loc"][-1]
        message = f"malformed JSON at character {place}"
        return Problem(400, "the body is no JSON", [FieldError("body", message)])
    errors = [FieldError(_name(one["loc"]), _said(one)) for one in found]
    return Problem(422, "the request is not as documented", errors)


def _name(place: Iterable[int | str]) -> str:
    return ".".join(str(part)[:60] for part in place)


def _said(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")[:300]
