"""Passwords: kept as argon2id hashes only (RFC 9106, the library's low-memory defaults)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH = 10
"""Characters. NIST SP 800-63B asks for length, not for kinds of characters."""


@cache
def _hasher() -> PasswordHasher:
    # Imported late: most processes never see a password.
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """Raises ValueError for one that is too short."""
    if len(password) < MIN_LENGTH:
        raise ValueError(f"a password needs at least {MIN_LENGTH} characters")
    return _hasher().hash(password)


def verify_password(password: str, *, password_hash: str | None) -> bool:
    """With hash None (no such person) it takes as long as with one, so that names cannot be probed."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
