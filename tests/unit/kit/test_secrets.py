"""Keys and passwords."""

from __future__ import annotations

import pytest

from roadworthy.kit.passwords import hash_password, verify_password
from roadworthy.kit.secrets import new_api_key, same_hash, secret_hash, split_api_key


def test_a_key_is_taken_apart_as_it_was_made() -> None:
    made = new_api_key()
    parts = split_api_key(made.text)
    assert parts is not None
    assert parts.id == made.id
    assert same_hash(secret_hash(parts.secret), made.hash)
    assert parts.secret not in made.hash


def test_keys_differ() -> None:
    assert len({new_api_key().text for _ in range(100)}) == 100


@pytest.mark.parametrize("text", ["", "rw_", "rw_abc_def", "Bearer x", "rw_" + "g" * 12 + "_" + "a" * 43])
def test_what_is_no_key(text: str) -> None:
    assert split_api_key(text) is None


def test_a_password_is_known_by_its_hash_alone() -> None:
    hashed = hash_password("correct horse battery")
    assert hashed.startswith("$argon2id$")
    assert verify_password("correct horse battery", password_hash=hashed)
    assert not verify_password("correct horse batterz", password_hash=hashed)
    assert not verify_password("anything at all", password_hash=None)
    assert not verify_password("anything", password_hash="not a hash")


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        hash_password("short")
