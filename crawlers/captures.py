"""Answers of a site that a user saved: files which a crawl reads instead of asking the site.

A file is one body (JSON or HTML), or a HAR as browsers export it. Of a HAR nothing but the bodies
of the wanted answers is taken: no cookies, no requests, no tokens, and none of it is logged.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from pydantic_core import from_json

from crawlers.errors import CaptureError
from crawlers.saved_files import problem_with

BODY_MAX_BYTES: Final = 32 * 1024 * 1024
"""As for a download."""

HAR: Final = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
HTTP_OK: Final = 200
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""No answers: the browser went on to another address, whose answer has an entry of its own."""
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Capture:
    """One saved answer. *name* goes into ``meta["capture"]``.

    *url* is the address of a HAR's entry, None for a file that is the body itself. *at* is when it
    was answered, as far as the file says: epoch seconds. Where there is a *problem* there is no
    *body*; *status* is that of the answer.
    """

    name: str
    url: str | None = None
    content_type: str = ""
    at: float = 0.0
    body: bytes = b""
    problem: str = ""
    status: int = HTTP_OK


class Captures:
    """The saved answers in the files that a crawl's own arguments name, and in no others."""

    def __init__(self, files: Sequence[Path], wanted: str = "") -> None:
        """Read *files*; of a HAR the entries whose address matches *wanted*."""
        self._files = {str(path): path for path in files}
        self._wanted = re.compile(wanted)
        self._lock = Lock()
        self._latest: tuple[str, list[Capture]] = ("", [])

    def __iter__(self) -> Iterator[Capture]:
        """Yield every answer, in the order of the files. One that cannot be read has a problem."""
        for name in self._files:
            yield from self._in(name)

    def read(self, name: str) -> Capture:
        """Return the answer called *name*; CaptureError when it cannot be read, or was not named.

        Blocks. A request may come from a queue that others write to: its word is not enough.
        """
        path = name if name in self._files else name.rpartition("#")[0]
        if path not in self._files:
            raise CaptureError("a saved file that the arguments of this crawl do not name")
        with self._lock:
            found = next((one for one in self._in(path) if one.name == name), None)
        if found is None or found.problem:
            why = found.problem if found else "it has changed since the crawl began"
            raise CaptureError(f"{Path(path).name}: {why}")
        return found

    def _in(self, path: str) -> list[Capture]:
        """Read one file, or remember it: the entries of a HAR are asked for one after another."""
        if self._latest[0] != path:
            self._latest = (path, self._loaded(path))
        return self._latest[1]

    def _loaded(self, path: str) -> list[Capture]:
        if problem := problem_with(self._files[path]):
            return [Capture(path, problem=problem)]
        try:
            body = self._files[path].read_bytes()
            at = _believed(self._files[path].stat().st_mtime)
        except OSError as error:
            return [Capture(path, problem=str(error.strerror))]
        if path.endswith(".har") or HAR.match(body.removeprefix(_BOM)):
            return self._har(path, body.removeprefix(_BOM), at)
        is_html = body.removeprefix(_BOM).lstrip()[:1] == b"<"
        content_type = "text/html" if is_html else "application/json"
        return [_checked(Capture(path, None, content_type, at, body))]

    def _har(self, path: str, body: bytes, at: float) -> list[Capture]:
        try:
            entries = from_json(body)["log"]["entries"]
            found = [
                _entry(f"{path}#{number}", entry, at)
                for number, entry in enumerate(entries)
                if self._wants(entry)
            ]
        except (ValueError, LookupError, TypeError):
            return [Capture(path, problem="no whole HAR")]
        return found or [Capture(path, problem="a HAR without an answer of the wanted kind")]

    def _wants(self, entry: dict[str, Any]) -> bool:
        request = entry["request"]
        if not self._wanted.search(request["url"]) or request["method"] == "OPTIONS":
            return False
        return entry["response"]["status"] not in REDIRECTS


def _entry(name: str, entry: dict[str, Any], at: float) -> Capture:
    url, response = entry["request"]["url"], entry["response"]
    content = response["content"]
    if (status := response["status"]) != HTTP_OK:
        problem = f"its answer has status {status}"[:80]
        return Capture(name, url, problem=problem, status=status if isinstance(status, int) else 0)
    if not isinstance(text := content.get("text"), str):
        return Capture(name, url, problem="a HAR without bodies: save it with content")
    try:
        body = _decoded(text, content.get("encoding"))
    except ValueError:
        return Capture(name, url, problem="an encoding that cannot be read")
    content_type = str(content.get("mimeType") or "application/octet-stream")
    return _checked(Capture(name, url, content_type, _started(entry, at), body))


def _decoded(text: str, encoding: Any) -> bytes:
    """Return the bytes of a HAR's ``content.text``; ValueError for what is not as HAR 1.2 says."""
    if encoding == "base64":
        return b64decode(text, validate=True)
    if encoding:
        raise ValueError("unknown encoding")
    return text.encode()


def _started(entry: dict[str, Any], otherwise: float) -> float:
    try:
        started = datetime.fromisoformat(entry["startedDateTime"])
    except (LookupError, TypeError, ValueError):
        return otherwise
    at = (started if started.tzinfo else started.replace(tzinfo=UTC)).timestamp()
    return _believed(at) if at > 0 else otherwise


def _believed(at: float) -> float:
    """Return *at*, or now where it is in the future or before there was a web: a broken clock."""
    now = datetime.now(UTC).timestamp()
    return at if 0 < at < now else now


def _checked(capture: Capture) -> Capture:
    if len(capture.body) > BODY_MAX_BYTES:
        problem = f"a body of more than {BODY_MAX_BYTES >> 20} MiB"
        return Capture(capture.name, capture.url, problem=problem)
    return capture
