"""Payloads as people save them from their browsers, with secrets all around."""

import json
from pathlib import Path
from typing import Any

WORD = "word-of-somebody"
"""A secret that a saved file holds, and that nothing may keep."""


def har(*answers: tuple[str, Any], status: int = 200, mime: str = "application/json") -> str:
    """Return a HAR with the *answers*, (address, body), and with `WORD` all around them."""
    private = [{"name": "password", "value": WORD}]
    entries = [
        {
            "startedDateTime": "2026-01-02T03:04:05Z",
            "request": {
                "method": "POST",
                "url": url,
                "cookies": private,
                "headers": private,
                "postData": {"text": f"token={WORD}"},
            },
            "response": {
                "status": status,
                "cookies": private,
                "content": {
                    "mimeType": mime,
                    "text": body if isinstance(body, str) else json.dumps(body),
                },
            },
        }
        for url, body in answers
    ]
    return json.dumps({"log": {"entries": entries}})


def save(folder: Path, name: str, content: Any) -> Path:
    """Write *content*, text or data, to a file."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path
