"""Requests as JSON, for a queue that others can write to: plain data only, never pickle.

What comes from the wire is untrusted. It makes a plain `scrapy.Request` and nothing else; a
callback is the name of a method of the spider, out of those called ``parse...`` or ``failed...``.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from scrapy import FormRequest, Request, Spider
from scrapy.http import JsonRequest

from crawlers.errors import WireError

CLASSES = (Request, FormRequest, JsonRequest)
"""What may be sent. All are a plain request by then: the other two only help to build one."""

CALLBACK = re.compile(r"(parse|failed)(_[a-z0-9_]+)?")
PRIVATE = "_"
"""Keys of meta that begin so belong to this process."""


Header = Annotated[str, Field(pattern=r"^[^\r\n\x00]*$")]

NAMES = ("render", "session", "capture", "download_slot")
"""Keys of meta that are names, where they are there."""
LAST_MS = 2**53


class Wire(BaseModel):
    """One request on the wire; what is as usual is left out.

    No default is mutable: pydantic would copy it for each request.

    Headers are (name, values) pairs in latin-1; *body* is latin-1 too: a character for each byte.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    url: str = Field(pattern=r"^https?://[^/]")
    callback: str | None = None
    errback: str | None = None
    method: str = Field("GET", pattern=r"^[A-Z]{1,20}$")
    headers: tuple[tuple[Header, tuple[Header, ...]], ...] = ()
    body: str = ""
    cookies: JsonValue = None
    encoding: str = "utf-8"
    priority: int = Field(0, ge=-(2**31), lt=2**31)
    dont_filter: bool = False
    meta: dict[str, JsonValue] | None = None
    cb_kwargs: dict[str, JsonValue] | None = None
    flags: tuple[str, ...] = ()

    @field_validator("meta")
    @classmethod
    def _known(cls, meta: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        for name in NAMES:
            if not isinstance((meta or {}).get(name, ""), str | None):
                raise ValueError(f"{name} is no name")  # noqa: TRY004 - pydantic's way
        at = (meta or {}).get("not_before", 0)
        if not isinstance(at, int | float) or not 0 <= at < LAST_MS:
            raise ValueError("not_before is no time in ms")
        return meta


READ: Callable[[bytes], Wire] = TypeAdapter(Wire).validator.validate_json
"""What `Wire.model_validate_json` does, without the wrapper: this is done for each request."""


def dumps(request: Request, spider: Spider) -> bytes:
    """Return *request* as JSON. Raises WireError for what would not come back as it is."""
    if type(request) not in CLASSES:
        raise WireError(f"{request}: a {type(request).__name__} is no plain request")
    meta = {key: value for key, value in request.meta.items() if str(key)[:1] != PRIVATE}
    headers = tuple(
        (name.decode("latin-1"), tuple(value.decode("latin-1") for value in values))
        for name, values in request.headers.items()
    )
    try:
        wire = Wire(
            url=request.url,
            callback=_name(request.callback, spider),
            errback=_name(request.errback, spider),
            method=request.method,
            headers=headers,
            body=request.body.decode("latin-1"),
            cookies=request.cookies or None,  # type: ignore[arg-type]  # JSON is what is checked
            encoding=request.encoding,
            priority=request.priority,
            dont_filter=request.dont_filter,
            meta=meta or None,
            cb_kwargs=request.cb_kwargs or None,
            flags=tuple(request.flags),
        )
        return wire.model_dump_json(exclude_defaults=True).encode()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise WireError(f"{request}: {where} is not plain JSON: {first['msg']}") from None
    except ValueError as error:  # a lone surrogate
        raise WireError(f"{request}: {error}") from None


def loads(payload: bytes, spider: Spider) -> Request:
    """Return the request that `dumps` wrote. Raises WireError, without the payload, for others."""
    try:
        wire = READ(payload)
        return Request(
            wire.url,
            _method(wire.callback, spider),
            wire.method,
            dict(wire.headers),
            wire.body.encode("latin-1"),
            wire.cookies,  # type: ignore[arg-type]  # Scrapy takes any JSON that it wrote itself
            _own(wire.meta or {}),
            wire.encoding,
            wire.priority,
            wire.dont_filter,
            _method(wire.errback, spider),
            list(wire.flags),
            wire.cb_kwargs,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise WireError(f"not a request of ours: {where}: {first['msg']}") from None
    except (LookupError, TypeError, ValueError) as error:  # an encoding, a body, an address
        raise WireError(f"not a request of ours: {type(error).__name__}") from None


def _own(meta: dict[str, Any]) -> dict[str, Any]:
    for key in meta:
        if key.startswith(PRIVATE):
            raise WireError("not a request of ours: meta has keys of a process")
    return meta


def _name(callback: Callable[..., Any] | None, spider: Spider) -> str | None:
    if callback is None:
        return None
    name = getattr(callback, "__name__", "")
    if getattr(callback, "__self__", None) is not spider or _method(name, spider) != callback:
        raise WireError(f"{callback!r} is no method of the spider")
    return name


def _method(name: str | None, spider: Spider) -> Callable[..., Any] | None:
    if name is None:
        return None
    spider_class: Any = type(spider)  # mypy takes the class for something without a hash
    if not _is_callback(spider_class, name):
        raise WireError(f"{name[:80]!r} is no callback of {spider.name}: parse... or failed...")
    method: Callable[..., Any] = getattr(spider, name)
    return method


@lru_cache(1000)
def _is_callback(spider_class: Any, name: str) -> bool:
    is_named = CALLBACK.fullmatch(name) is not None
    return is_named and type(getattr(spider_class, name, None)) is FunctionType
