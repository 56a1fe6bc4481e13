"""An identity provider: a server on this machine that says which keys it signs with."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm


class Issuer:
    """Signs tokens as Clerk does. *asked* counts how often its keys were fetched.

    *says* is what it answers in place of its keys; one that *hangs_up* resets the connection.
    """

    def __init__(self) -> None:
        """Sign with one key, named ``first``."""
        self.keys: dict[str, RSAPrivateKey] = {}
        self.rotate("first")
        self.asked = 0
        self.is_up = True
        self.says: bytes | None = None
        self.hangs_up = False
        self.url = ""

    def rotate(self, name: str) -> None:
        """Sign from now on with a new key, and forget those of before."""
        self.keys = {name: generate_private_key(65537, 2048)}

    @property
    def jwks(self) -> bytes:
        """The public keys."""
        keys = [
            RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": kid, "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return what Clerk says of somebody (its version 2); None leaves a claim out."""
        now = int(time.time())
        found = {
            "azp": "https://app.example.com", "exp": now + 60, "iat": now, "nbf": now - 10,
            "iss": self.url, "jti": "1234567890", "sid": "sess_synthetic1",
            "sub": "user_synthetic1", "v": 2, "fva": [7, -1],
            "o": {"id": "org_synthetic1", "slg": "acme", "rol": "admin"},
        }  # fmt: skip
        return {name: value for name, value in (found | changes).items() if value is not None}

    def signed(self, **changes: Any) -> str:
        """Return a token with these claims."""
        [(kid, key)] = self.keys.items()
        return jwt.encode(self.claims(**changes), key, "RS256", headers={"kid": kid})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run an issuer."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            is_there = issuer.is_up and self.path == "/.well-known/jwks.json"
            self.send_response(200 if is_there else 503)
            self.end_headers()
            if issuer.hangs_up:
                self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
                self.connection.close()
                return
            self.wfile.write((issuer.says or issuer.jwks) if is_there else b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        yield issuer
        server.shutdown()
        thread.join()
