"""Pages from templates. All that a template is given is text, never markup."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from crawlers.web import words
from crawlers.web.navigation import places
from crawlers.web.static import version_of

CAREFUL = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What every page says to the browser: it runs nothing and asks nobody but this server."""


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return the page that *template* makes of *values*."""
    viewer = getattr(request.state, "caller", None)
    known = {"viewer": viewer, "places": places(viewer, request.url.path)}
    text = environment().get_template(template).render(known | values)
    return HTMLResponse(text, status, CAREFUL)


@cache
def environment() -> Environment:
    """Return the templates, each read once: they may be in a zip file."""
    made = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printed,
        auto_reload=False,
    )
    made.filters |= words.FILTERS
    made.globals |= {"static": _static, "query": query}
    return made


def query(path: str, given: Mapping[str, Any], **more: Any) -> str:
    """Return *path* with what is *given*, changed by *more*; None and empty texts are left out."""
    pairs = {**given, **more}
    text = urlencode([(n, v) for n, v in pairs.items() if v not in {None, ""}])
    return f"{path}?{text}" if text else path


def _source(name: str) -> str:
    return files("crawlers.web").joinpath("templates", name).read_text(encoding="utf-8")


def _static(name: str) -> str:
    return f"/static/{name}?v={version_of(name)}"


def _printed(value: Any) -> Any:
    """Return what is printed for *value*: nothing for None, and no text that turns others round."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return words.plain(value)
    return value
