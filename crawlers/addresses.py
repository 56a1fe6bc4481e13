"""Addresses that a page must not be able to send the crawler to. Standard library only."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

NAT64 = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")


def is_private(address: str) -> bool:
    """Tell whether *address*, as a resolver writes it, is anything but a public host.

    Loopback, link-local, RFC 1918, CGNAT, ULA, multicast, unspecified, reserved; and an IPv6
    address that carries such an IPv4 address. What is no address counts as private.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    inner = _carried(found) if isinstance(found, IPv6Address) else None
    if inner is not None:
        found = inner
    elif isinstance(found, IPv6Address) and found.is_site_local:
        return True
    return not found.is_global or found.is_multicast or found.is_reserved


def is_this_machine(host: str) -> bool:
    """Tell whether *host*, an address or a name, is this machine to itself and to nobody else."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def literal(host: str) -> str | None:
    """Return the address that *host* is without asking a resolver, or None for a name.

    Includes what the C library takes for one: ``0``, ``2130706433``, ``0x7f.1``, ``127.1``.
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeEncodeError):
        return None


def names_private(host: str) -> bool:
    """Tell whether *host* alone, before any resolver is asked, is a private address."""
    address = literal(host)
    if address is not None:
        return is_private(address)
    name = host.rstrip(".").lower()
    return not name or name == "localhost" or name.endswith(".localhost")


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address inside: mapped, 6to4, Teredo, NAT64, the old compatible form."""
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
