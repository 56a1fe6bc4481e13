"""Log lines as JSON (``LOG_FORMAT=json``), for machines that collect them."""

import logging
from datetime import UTC, datetime

from pydantic_core import to_json
from scrapy.settings import BaseSettings


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, what *fields* it has, the error if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | getattr(record, "fields", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return to_json(line).decode()


def install(settings: BaseSettings) -> None:
    """Take the place of Scrapy's own root handler, heeding its settings of file and level."""
    settings.set("LOG_INSTALL_ROOT_HANDLER", value=False, priority="cmdline")
    if not settings.getbool("LOG_ENABLED"):
        return
    path = settings.get("LOG_FILE")
    handler = logging.FileHandler(path, encoding="utf-8") if path else logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    handler.setLevel(settings.get("LOG_LEVEL"))
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.NOTSET)
