"""Style, script and icon, from the package: also where that is a zip file."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Response

from crawlers.api.problems import Problem

router = APIRouter(prefix="/static")

TYPES = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
KEPT = "public, max-age=31536000, immutable"
"""The address of a file names its version, so that a browser may keep it."""


@router.get("/{name}")
async def read_static(name: str, v: str = "") -> Response:
    """Return a file. Only the version that there is may be kept."""
    if name not in TYPES:
        raise Problem(404, "no such file")
    headers = {"Cache-Control": KEPT} if v == version_of(name) else {}
    return Response(_read(name), media_type=TYPES[name], headers=headers)


@cache
def version_of(name: str) -> str:
    """Return what changes whenever the file *name* does."""
    return sha256(_read(name)).hexdigest()[:12]


@cache
def _read(name: str) -> bytes:
    return files("crawlers.web").joinpath("static", name).read_bytes()
