"""Addresses of channels: which may be used, and what may be shown of one.

They come from outside, so what would read files of this machine, run something or talk to its
own services is refused: by the list of services, by the list of parameters, and, when a connection
is made, by `crawlers.alerts.way`.
"""

import re
import warnings
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from apprise import AppriseAsset

from crawlers.addresses import names_private
from crawlers.config import Config
from crawlers.errors import AlertError

WITH_HOST: Final = {
    "gotify": "gotify.NotifyGotify",
    "json": "custom_json.NotifyJSON",
    "mailto": "email.NotifyEmail",
    "matrix": "matrix.NotifyMatrix",
    "mmost": "mattermost.NotifyMattermost",
    "ntfy": "ntfy.NotifyNtfy",
    "rocket": "rocketchat.NotifyRocketChat",
}
"""Services whose address has a host, which is no secret; with an s they are encrypted."""
SERVICES: Final = {
    **WITH_HOST,
    **{f"{name}s": place for name, place in WITH_HOST.items()},
    "discord": "discord.NotifyDiscord",
    "gchat": "google_chat.NotifyGoogleChat",
    "line": "line.NotifyLine",
    "opsgenie": "opsgenie.NotifyOpsgenie",
    "pagerduty": "pagerduty.NotifyPagerDuty",
    "pbul": "pushbullet.NotifyPushBullet",
    "pover": "pushover.NotifyPushover",
    "slack": "slack.NotifySlack",
    "tgram": "telegram.NotifyTelegram",
    "workflows": "workflows.NotifyWorkflows",
    "wxteams": "webexteams.NotifyWebexTeams",
    "zulip": "zulip.NotifyZulip",
}
"""Services that are plain HTTP or SMTP, and where apprise has them: only what is used is loaded."""
PARAMETERS: Final = {
    "to", "from", "cc", "bcc", "reply", "name", "smtp", "user", "pass", "mode", "port", "priority",
    "tags", "channel", "topic", "thread", "token", "key", "id", "ver", "workflow", "signature",
    "sound", "device",
}  # fmt: skip
"""Of an address. Others switch off TLS checks, follow redirects, or name files of this machine."""
HEADER: Final = re.compile(r"\+(?!host$|connection$|content-|transfer-)[a-z][a-z0-9-]{0,60}")
"""A header that a webhook or a mail is given, as a parameter. The rest of HTTP is not theirs."""
FIELD: Final = re.compile(r":[a-z][a-z0-9_-]{0,60}")
"""A field that the JSON of a webhook is given."""
LONGEST: Final = 2000


@cache
def asset() -> Any:
    """Return how all channels behave: nothing on disk, no redirects, no templates."""
    return AppriseAsset(
        app_id="crawlers",
        app_desc="crawlers",
        async_mode=False,
        http_redirects=False,
        allow_templates=False,
        secure_logging=True,
        storage_mode="memory",
    )


def service_of(address: str) -> str:
    """Return the service that *address* names. Raises AlertError for one that is not allowed."""
    if len(address) > LONGEST or not address.isprintable():
        raise AlertError(f"an address is one line of up to {LONGEST} letters", "address")
    service = address.partition("://")[0].lower()
    if "://" not in address or service not in SERVICES:
        known = ", ".join(sorted(SERVICES))
        raise AlertError(f"no service that alerts may use; these are: {known}", "address")
    return service


def channel_at(address: str, more: Mapping[str, Mapping[str, Any]] | None = None) -> Any:
    """Return what sends to *address*, with *more* headers and payload. Raises AlertError."""
    service = service_of(address)
    plugin = _plugin(SERVICES[service])
    found = plugin.parse_url(address)
    if not found:
        raise AlertError(f"no address of {service}: see the documents of apprise", "address")
    for name in found["qsd"]:
        if not _is_allowed(service, name):
            raise AlertError(f"an address has no parameter {name[:40]!r} here", "address")
    for name, values in (more or {}).items():
        found[name] = {**found.get(name, {}), **values}
    try:
        return plugin(**found, asset=asset())
    except (TypeError, ValueError, AttributeError):  # all of them are bases of apprise's own
        reason = f"no address of {service}: see the documents of apprise"
        raise AlertError(reason, "address") from None


@cache
def _plugin(place: str) -> Any:
    """Return the class at *place* below apprise's plugins."""
    module, _, name = place.partition(".")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return getattr(import_module(f"apprise.plugins.{module}"), name)


def _is_allowed(service: str, parameter: str) -> bool:
    if parameter in PARAMETERS:
        return True
    kind = service.removesuffix("s")
    has_header = kind in {"json", "mailto"} and HEADER.fullmatch(parameter)
    return bool(has_header or (kind == "json" and FIELD.fullmatch(parameter)))


def check(address: str, config: Config) -> str:
    """Return what may be shown of *address*. Raises AlertError where it must not be used."""
    host = host_of(address, channel_at(address))
    if host and names_private(host) and not may_be_private(host, config):
        raise AlertError(f"{host[:100]} is a private address: see ALERTS_HOSTS", "address")
    return f"{service_of(address)}://{host}/***" if host else f"{service_of(address)}://***"


def host_of(address: str, channel: Any) -> str | None:
    """Return the host that *channel* connects to, where its *address* says it."""
    if service_of(address).removesuffix("s") not in WITH_HOST:
        return None
    return str(getattr(channel, "smtp_host", None) or channel.host or "") or None


def may_be_private(host: str, config: Config) -> bool:
    """Tell whether the operator says that messages may go to *host*, wherever it is."""
    allowed = (config.alerts_hosts or "").lower().split(",")
    return config.crawlers_test or host.lower() in allowed
