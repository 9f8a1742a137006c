"""Who may ask for a recording's answers: the rerun whose token says so, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.features.debug.token import (
    BAGGAGE,
    ReplayToken,
    is_token,
    read_token,
    signing_key,
    split_presented,
    token_of_baggage,
    write_token,
)
from roadworthy.features.gateway.drills import token as drills
from roadworthy.kit.signed_token import BadToken

KEY = b"k" * 32
NOW = 1_700_000_000_000_000_000
TOKEN = ReplayToken(
    project="default",
    agent="support",
    inquiry="0199aa",
    number=3,
    attempt=1,
    run_id="ab" * 16,
    expires_ns=NOW + 60_000_000_000,
)


def test_a_token_says_what_it_was_made_with() -> None:
    assert read_token(write_token(TOKEN, key=KEY), key=KEY, now_ns=NOW) == TOKEN


@given(place=st.integers(0, 400), bit=st.integers(0, 6))
def test_a_token_that_was_changed_anywhere_is_refused(place: int, bit: int) -> None:
    text = bytearray(write_token(TOKEN, key=KEY).encode())
    text[place % len(text)] ^= 1 << bit
    try:
        read = read_token(text.decode("latin-1"), key=KEY, now_ns=NOW)
    except BadToken:
        return
    # The last character of base64 has bits that mean nothing.
    assert read == TOKEN and place % len(text) == len(text) - 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (write_token(TOKEN, key=b"x" * 32), "not made by this installation"),
        (write_token(replace(TOKEN, expires_ns=NOW), key=KEY), "over"),
        ("hello", "no replay token"),
        ("rwr1." + "a" * 10_000, "no replay token"),
        ("rwr1.a.b", "damaged"),
        ("rwr1.é.b", "damaged"),
    ],
)
def test_what_is_not_ours_or_over_is_refused_and_says_so(text: str, says: str) -> None:
    with pytest.raises(BadToken, match=says):
        read_token(text, key=KEY, now_ns=NOW)


def test_a_drills_token_is_no_replays_and_their_keys_differ(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(b"s" * 44)
    assert signing_key(file) != drills.signing_key(file)
    drill = drills.write_token(
        drills.DrillToken(
            project="default", agent="a", drill="d", run_id="r", number=1, faults=(), expires_ns=NOW * 2
        ),
        key=KEY,
    )
    assert not is_token(drill)
    with pytest.raises(BadToken, match="no replay token"):
        read_token(drill, key=KEY, now_ns=NOW)


def test_it_comes_behind_the_key_or_in_the_baggage() -> None:
    token = write_token(TOKEN, key=KEY)
    key = f"rw_{'0' * 12}_{'s' * 43}"
    assert split_presented(f"{key}.{token}") == (key, token)
    assert split_presented(key) == (key, "")
    assert token_of_baggage(f"user=7, {BAGGAGE}={token};x=1") == token
    assert token_of_baggage("user=7") == ""
