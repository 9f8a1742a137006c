"""Secrets that must be read again (keys of model endpoints), sealed with a key in a file of its own.

Source: Fernet (AES-128-CBC with HMAC-SHA256), as the `cryptography` library has it.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class CannotOpen(Exception):  # noqa: N818 (a condition: the key file was lost or replaced)
    """Sealed with another key."""


class Sealer:
    """The key is made on first use, readable by its owner alone. A copy of the database without it tells
    nothing."""

    def __init__(self, key_file: Path) -> None:
        self._fernet = Fernet(_key(key_file))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises CannotOpen."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen("sealed with another key: enter the secret again") from None


def _key(key_file: Path) -> bytes:
    try:
        return key_file.read_bytes().strip()
    except FileNotFoundError:
        pass
    key = Fernet.generate_key()
    made = key_file.with_suffix(".new")
    made.touch(mode=0o600)
    with made.open("wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    # All of it or nothing: half a key after a crash would lose every secret sealed later.
    made.rename(key_file)
    return key
