"""Addresses of channels come from outside: what they may not reach, and who may not see them."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from crawlers.alerts.addresses import SERVICES, check
from crawlers.alerts.sealing import Sealing
from crawlers.alerts.sending import Message, send
from crawlers.alerts.way import guarded
from crawlers.config import Config
from crawlers.errors import AddressError, AlertError
from tests.alerts.receivers import Webhook

HELLO = Message("k" * 32, "hello", "hello", [])
STRICT = Config(crawlers_test=False)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "syslog://", "dbus://", "macosx://", "windows://", "glib://",
        "apprise://example.org/token", "form://example.org", "xml://example.org",
        "http://example.org", "ftp://example.org", "rsyslog://example.org", "smpp://u:p@e/1/2",
        "nothing", "", "://", "json://", "jsons://example.org/\r\nHost: x", "a" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_service_of_ours_is_refused(address: str) -> None:
    with pytest.raises(AlertError):
        check(address, STRICT)


@pytest.mark.parametrize(
    "parameter",
    ["verify=no", "redirect=yes", "template=/etc/passwd", "pgp=yes", "pgpprv=/root/.ssh/id_rsa",
     "wkd=yes", "format=html", "cto=100000", "rto=100000", "store=yes", "image=yes", "tz=x",
     "+Host=internal", "+Content-Length=0", "+Transfer-Encoding=chunked", "attach=file:///etc"],
)  # fmt: skip
def test_a_parameter_that_weakens_or_reads_files_is_refused(parameter: str) -> None:
    for address in ("jsons://example.org/x", "mailtos://u:p@example.org"):
        with pytest.raises(AlertError, match="no parameter"):
            check(f"{address}?{parameter}", STRICT)


HERE = ["127.0.0.1", "localhost", "[::1]", "0", "2130706433", "0x7f.1", "127.1", "a.localhost",
        "[::ffff:127.0.0.1]"]  # fmt: skip
ELSEWHERE = ["10.0.0.1", "169.254.169.254", "100.64.0.1", "192.168.1.1", "[fd00::1]", "224.0.0.1"]


@pytest.mark.parametrize("host", HERE + ELSEWHERE)
def test_a_private_host_is_refused_when_it_is_added(host: str) -> None:
    for address in (f"json://{host}:8080/x", f"mailto://u:p@example.org?smtp={host}&port=2525"):
        with pytest.raises(AlertError):
            check(address, STRICT)


@pytest.mark.parametrize("host", HERE)
def test_a_private_host_is_refused_when_it_is_sent_to(host: str) -> None:
    for address in (f"json://{host}:8080/x", f"mailto://u:p@example.org?smtp={host}&port=2525"):
        assert send_to(address) not in {None, "nobody answers there: the connection was refused"}


def send_to(address: str, config: Config = STRICT) -> str | None:
    """Return why a message to *address* is not sent; None: it is."""
    try:
        return send(address, HELLO, config, most_s=30)
    except AlertError as error:
        return str(error)


@pytest.fixture
def rebound(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give a public name that leads to this machine once it is connected to."""
    resolve = socket.getaddrinfo

    def lead(host: str, *more: object, **others: object) -> object:
        return resolve("127.0.0.1" if host == "rebound.example" else host, *more, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lead)
    return iter(["rebound.example"])


def test_a_name_that_leads_to_this_machine_is_refused_when_the_connection_is_made(
    rebound: Iterator[str], webhook: Webhook
) -> None:
    webhook.empty()
    address = webhook.address.replace("127.0.0.1", next(rebound))
    assert check(address, STRICT) == "json://rebound.example/***"
    assert send_to(address) == "it is at a private address: see ALERTS_HOSTS"
    assert webhook.got == []
    mail = "mailto://rebound.example:2525?from=a@example.org&to=b@example.org"
    assert send_to(mail) == "it is at a private address: see ALERTS_HOSTS"


def test_the_operator_may_allow_a_host(rebound: Iterator[str], webhook: Webhook) -> None:
    webhook.empty()
    config = Config(crawlers_test=False, alerts_hosts="other.example,rebound.example")
    assert send_to(webhook.address.replace("127.0.0.1", next(rebound)), config) is None
    assert len(webhook.got) == 1
    with pytest.raises(AlertError, match="private address"):
        check(webhook.address, config)


def test_only_the_thread_that_sends_is_guarded(webhook: Webhook) -> None:
    place = ("127.0.0.1", int(webhook.address.split(":")[2].split("/")[0]))
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            socket.create_connection(place).close()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    with guarded(30) as way:
        with pytest.raises(AddressError):
            socket.create_connection(place)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert way.refused == ["127.0.0.1"]
    assert errors == []
    socket.create_connection(place).close()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jsons://user:secret@hooks.example/secret?+Authorization=secret", "jsons://hooks.example/***"),
        ("mailtos://me:secret@example.org?to=secret@example.org", "mailtos://example.org/***"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "slack://***"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "tgram://***"),
        ("ntfy://secrettopic", "ntfy://***"),
    ],
)  # fmt: skip
def test_no_secret_of_an_address_is_shown(address: str, shown: str) -> None:
    assert check(address, STRICT) == shown


def test_every_service_that_is_allowed_is_there() -> None:
    from crawlers.alerts.addresses import _plugin  # noqa: PLC0415 - a self-test

    for service, place in SERVICES.items():
        plugin = _plugin(place)
        known = (plugin.protocol, plugin.secure_protocol)
        assert service in {
            one for each in known for one in ([each] if isinstance(each, str) else each or [])
        }


def test_an_address_is_stored_encrypted_and_keys_can_be_changed(
    tmp_path: Path,
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    with_old = Config(alerts_key=SecretStr(old))
    sealed = Sealing(with_old).seal("json://example.org")
    assert b"example" not in sealed
    both = Config(alerts_key=SecretStr(f"{new},{old}"))
    assert Sealing(both).open(sealed) == "json://example.org"
    with pytest.raises(AlertError, match="another ALERTS_KEY"):
        Sealing(Config(alerts_key=SecretStr(new))).open(sealed)
    home = tmp_path / "home"
    here = Config(crawlers_home=home)
    assert Sealing(here).open(Sealing(here).seal("x")) == "x"
    assert (home / "alerts.key").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in home.iterdir()] == ["alerts.key"]
