"""One message to one channel. What goes wrong is a reason in plain words, without any secret."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from apprise import Apprise

from crawlers.alerts.addresses import asset, channel_at, host_of, may_be_private
from crawlers.alerts.way import guarded
from crawlers.config import Config

REASONS: Final = (
    (r"refused", "nobody answers there: the connection was refused"),
    (r"timed? ?out", "no answer in time"),
    (r"name or service|resolve|nodename|No address", "there is no host of that name"),
    (r"certificate", "its certificate is not good"),
    (r"authenticat|credential|\b535\b", "it does not accept name and password"),
    (r"reset|aborted|disconnected|closed", "the connection was cut"),
)
"""What is said of what services and libraries say, which may hold parts of an address."""
TITLE_MAX: Final = 250
"""Of services that have no title: there it is the first line."""
UTF_16: Final = "utf-16-le"
DOTS: Final = "..."
STATUS: Final = re.compile(r"error[=: ]+([1-5]\d\d)\b")

_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


class Message(NamedTuple):
    """What is sent: *key* is the same whenever it is sent again; *data* is for programs."""

    key: str
    title: str
    body: str
    data: Sequence[dict[str, Any]]


def _overheard(record: logging.LogRecord) -> bool:
    """Keep a line of the library for whoever sends, and out of every log: it may have secrets."""
    said = _said.get()
    if said is not None:
        said.append(record.getMessage())
    return False


def send(address: str, message: Message, config: Config, most_s: float) -> str | None:
    """Send *message*; return why that failed, or None. AlertError for a wrong address.

    Blocks, for *most_s* at most: what has not been taken by then is cut off.
    """
    channel = channel_at(address, _more(address, message))
    host = host_of(address, channel)
    is_free = host is not None and may_be_private(host, config)
    with _listening() as said, guarded(most_s, is_free=is_free) as way:
        try:
            service = Apprise(channel, asset=asset())
            title, body = _fitting(message, channel)
            is_sent = bool(service.notify(body, title, body_format="text"))
        except Exception as error:  # noqa: BLE001 - of a library that talks to strangers
            said.append(str(error))
            is_sent = False
    if is_sent:
        return None
    if way.refused:
        return "it is at a private address: see ALERTS_HOSTS"
    return way.end or _reason(" ".join(said))


def _more(address: str, message: Message) -> dict[str, dict[str, Any]]:
    """Return what tells receivers that a message is one that they have had."""
    kind = address.partition(":")[0].lower().removesuffix("s")
    if kind == "mailto":
        return {"headers": {"X-Alert-Key": message.key}}
    if kind == "json":
        data = {"key": message.key, "alerts": list(message.data)}
        return {"headers": {"Idempotency-Key": message.key}, "payload": data}
    return {}


def _fitting(message: Message, channel: Any) -> tuple[str, str]:
    """Return as much of title and body as the service takes, and in any case the key.

    What is longer it would refuse, as often as it is sent.
    """
    title = _cut(message.title, channel.title_maxlen or TITLE_MAX)
    room = channel.body_maxlen - (0 if channel.title_maxlen else _length(f"{title}\r\n"))
    if _length(message.body) <= room:
        return title, message.body
    text, _, key = message.body.rpartition("\n")
    ending = f"\n\n{key}"
    return title, _cut(text, room - _length(ending)) + ending


def _length(text: str) -> int:
    """Return how long *text* is for those services that count most: in UTF-16."""
    return len(text.encode(UTF_16)) // 2


def _cut(text: str, most: int) -> str:
    """Return *text*, or as much of it as *most* has room for, with dots."""
    if _length(text) <= most:
        return text
    return text.encode(UTF_16)[: 2 * (most - len(DOTS))].decode(UTF_16, "ignore") + DOTS


def _reason(said: str) -> str:
    if found := STATUS.search(said):
        return f"it answered with {found[1]}"
    for pattern, reason in REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return reason
    return "it did not take the message"


@contextmanager
def _listening() -> Iterator[list[str]]:
    library = logging.getLogger("apprise")
    if _overheard not in library.filters:
        library.addFilter(_overheard)
        library.setLevel(logging.DEBUG)
    said: list[str] = []
    token = _said.set(said)
    try:
        yield said
    finally:
        _said.reset(token)
