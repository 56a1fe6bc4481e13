"""Log lines without secrets: as text, or as JSON (``LOG_FORMAT=json``) for who collects them."""

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic_core import to_json
from scrapy.settings import BaseSettings

from crawlers.config import config

HIDDEN = "***"
_about: dict[str, object] = {}
"""What all lines of this process are about, such as its job."""


def note(**about: object) -> None:
    """Have all lines from now on say what they are *about*: the job, the crawl."""
    _about.update(about)


def about() -> dict[str, object]:
    """Return what all lines are about."""
    return dict(_about)


class Mask:
    """Puts a blot in place of each of *secrets*, wherever it stands."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know them; the longest are looked for first, as others may be parts of them."""
        words = sorted(map(re.escape, secrets), key=len, reverse=True)
        self._pattern = re.compile("|".join(words)) if words else None

    def __call__(self, text: str) -> str:
        """Return *text* without them."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, what *fields* it has, the error if any."""

    def __init__(self, mask: Mask) -> None:
        """Hide what *mask* hides."""
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": self._shown(record.getMessage()),
        } | _about
        line |= {
            name: self._shown(value) if isinstance(value, str) else value
            for name, value in getattr(record, "fields", {}).items()
        }
        if record.exc_info:
            line["error"] = self._shown(self.formatException(record.exc_info))
        return to_json(line, fallback=str).decode()

    def _shown(self, text: str) -> str:
        # The name of a file may be no text: half a pair of surrogates, which JSON cannot hold.
        return self._mask(text).encode(errors="backslashreplace").decode()


class TextFormatter(logging.Formatter):
    """A line as Scrapy's settings shape it."""

    def __init__(self, mask: Mask, settings: BaseSettings) -> None:
        """Hide what *mask* hides."""
        super().__init__(settings.get("LOG_FORMAT"), settings.get("LOG_DATEFORMAT"))
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the error if any."""
        return self._mask(super().format(record))


def install(settings: BaseSettings) -> None:
    """Take the place of Scrapy's own root handler, heeding its settings of file, level and shape.

    A formatter on Scrapy's handler would not stay: each crawler installs that handler anew.
    """
    settings.set("LOG_INSTALL_ROOT_HANDLER", value=False, priority="cmdline")
    mask = Mask(config().secrets)
    is_json = config().log_format == "json"
    handler = _handler(settings)
    handler.setFormatter(JsonFormatter(mask) if is_json else TextFormatter(mask, settings))
    handler.setLevel(settings.get("LOG_LEVEL"))
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.NOTSET)


def _handler(settings: BaseSettings) -> logging.Handler:
    if path := settings.get("LOG_FILE"):
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        encoding = settings.get("LOG_ENCODING")
        return logging.FileHandler(path, mode, encoding=encoding, errors="backslashreplace")
    return logging.StreamHandler() if settings.getbool("LOG_ENABLED") else logging.NullHandler()
