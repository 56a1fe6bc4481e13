"""A port for a server that cannot be told to take any free one and say which."""

import socket
import sys


def held_port() -> tuple[int, socket.socket]:
    """Return a free port, and what keeps it for the caller until it is closed.

    Nobody who wants any free port gets it, also while the caller's server is not there. That server
    may listen beside: it and we say that we reuse addresses. Only Linux takes that for enough;
    elsewhere the port is not kept.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    if sys.platform != "linux":
        held.close()
    return port, held
