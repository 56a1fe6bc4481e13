"""Addresses of channels are stored encrypted: who reads the database cannot send with them."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from crawlers.config import Config
from crawlers.errors import AlertError

FILE = "alerts.key"


class Sealing:
    """Encrypts with the first of ALERTS_KEY, decrypts with any of them."""

    def __init__(self, config: Config) -> None:
        """Use ALERTS_KEY; without it a key of this machine's own, made on first use."""
        self._config = config

    def seal(self, address: str) -> bytes:
        """Return *address* encrypted. Raises AlertError where there is no key to do so."""
        return self._keys().encrypt(address.encode())

    def open(self, sealed: bytes) -> str:
        """Return the address. Raises AlertError where it was encrypted by another key."""
        try:
            return self._keys().decrypt(sealed).decode()
        except InvalidToken:
            raise AlertError("its address was encrypted by another ALERTS_KEY") from None

    def _keys(self) -> MultiFernet:
        if self._config.alerts_keys:
            return MultiFernet([Fernet(one) for one in self._config.alerts_keys])
        try:
            return MultiFernet([Fernet(_of_machine(self._config.home / FILE))])
        except (OSError, ValueError):
            raise AlertError(f"{FILE} in CRAWLERS_HOME cannot be read, or is no key") from None


def _of_machine(path: Path) -> bytes:
    """Return the key in the file at *path*; of several who make it at once, one does."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{FILE}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(Fernet.generate_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes().strip()
