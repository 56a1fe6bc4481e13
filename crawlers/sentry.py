"""Errors to Sentry, where SENTRY_DSN is set. What could be a secret or about people stays here."""

import re
from typing import TYPE_CHECKING, Any

from crawlers.config import Config
from crawlers.extras import extra
from crawlers.logs import Mask, about

if TYPE_CHECKING:
    from sentry_sdk.types import Event

KEPT = frozenset({"event_id", "timestamp", "platform", "level", "logger", "logentry", "message",
                  "exception", "release", "environment", "server_name", "sdk", "tags"})  # fmt: skip
"""Of an event; requests, cookies, bodies, users, variables and breadcrumbs are not."""
OF_FRAME = frozenset({"filename", "function", "module", "lineno", "in_app", "abs_path"})
OF_LOG = frozenset({"message", "formatted"})
ABOUT_PEOPLE = (
    (re.compile(r"""(://[^\s/?#<>"']+)[/?#][^\s<>"']*"""), r"\1/..."),
    (re.compile(r"\n(DETAIL|CONTEXT|LINE \d+):.*", re.DOTALL), ""),
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), "input_value=..."),
)
"""What names people in texts of errors: paths of pages, values of rows, input that is refused."""


def start(config: Config, role: str) -> None:
    """Report errors of this process, which is a *role*. Raises ConfigError without the extra."""
    if config.sentry_dsn is None:
        return
    with extra("sentry", "SENTRY_DSN needs"):
        import sentry_sdk  # noqa: PLC0415 - an extra
        from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415 - the same
        from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415 - the same
        from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
        from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415 - the same
    sentry_sdk.init(
        dsn=config.sentry_dsn.get_secret_value(),
        default_integrations=False,  # others look into requests, bodies and queries
        integrations=[
            AtexitIntegration(callback=lambda *_: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            LoggingIntegration(),
        ],
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=Scrubber(config, role),
    )


class Scrubber:
    """Leaves of an event what is known to be harmless, without secrets."""

    def __init__(self, config: Config, role: str) -> None:
        """Know the secrets of *config*."""
        self._mask = Mask(config.secrets)
        self._role = role

    def __call__(self, event: "Event", _: Any) -> "Event | None":
        """Return what may be sent."""
        found: Any = {name: value for name, value in event.items() if name in KEPT}
        for name in found.get("logentry", {}).keys() - OF_LOG:
            del found["logentry"][name]
        for one in found.get("exception", {}).get("values", ()):
            one.pop("mechanism", None)
            for frame in one.get("stacktrace", {}).get("frames", ()):
                for name in frame.keys() - OF_FRAME:
                    del frame[name]
        found["tags"] = {"role": self._role} | {name: str(one) for name, one in about().items()}
        clean: Event = self._masked(found)
        return clean

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            for pattern, instead in ABOUT_PEOPLE:
                value = pattern.sub(instead, value)
            return self._mask(value)
        if isinstance(value, dict):
            return {name: self._masked(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(one) for one in value]
        return value
