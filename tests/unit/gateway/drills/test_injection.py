"""Who meets a fault: the run whose token says so, and a share of live runs; nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.gateway.drills.fault import PlannedFault
from roadworthy.features.gateway.drills.injection import Faults, Injection
from roadworthy.features.gateway.drills.live import LiveDrill
from roadworthy.features.gateway.drills.token import (
    BadToken,
    DrillToken,
    read_token,
    split_presented,
    write_token,
)

KEY = b"k" * 32
NOW = 1_790_000_000_000_000_000
MODEL, TOOL = ExchangeKind.MODEL, ExchangeKind.TOOL
TOKEN = DrillToken(
    project="default",
    agent="support",
    drill="d1",
    run_id="ab" * 16,
    number=3,
    faults=(
        PlannedFault(fault="timeout", kind=MODEL, target="planner", occurrence=2, seed=9),
        PlannedFault(fault="empty", kind=TOOL, times=0, seed=4),
    ),
    expires_ns=NOW + 60 * 10**9,
)


def _faults(*live: LiveDrill, before: int = 0) -> Faults:
    return Faults(key=KEY, live=lambda _p, _a: live, applied_before=lambda _p, _l: before, now_ns=lambda: NOW)


def _next(
    faults: Faults, *, token: str = "", kind: ExchangeKind = TOOL, target: str = "crm.find", run: str = "r1"
) -> Injection | None:
    seat = faults.seat(token, project="default", agent="support")
    return faults.next(
        seat, project="default", agent="support", run_key=run, kind=kind, target=target, dialect=Dialect.MCP
    )


def test_a_token_says_what_it_was_made_with() -> None:
    assert read_token(write_token(TOKEN, key=KEY), key=KEY, now_ns=NOW) == TOKEN


@given(place=st.integers(0, 400), bit=st.integers(0, 7))
def test_a_token_that_was_changed_anywhere_is_refused(place: int, bit: int) -> None:
    text = bytearray(write_token(TOKEN, key=KEY).encode())
    # The last character holds bits that no byte is made of.
    at = place % (len(text) - 1)
    text[at] ^= 1 << bit
    with pytest.raises(BadToken):
        read_token(text.decode("latin-1"), key=KEY, now_ns=NOW)


def test_tokens_of_others_of_yesterday_and_of_nobody_are_refused() -> None:
    faults = _faults()
    stranger = write_token(replace(TOKEN, agent="planner"), key=KEY)
    late = write_token(replace(TOKEN, expires_ns=NOW), key=KEY)
    forged = write_token(TOKEN, key=b"x" * 32)
    unknown = write_token(
        replace(TOKEN, faults=(PlannedFault(fault="empty", kind=MODEL, occurrence=0),)), key=KEY
    )
    nonsense = "rwd1." + base64.urlsafe_b64encode(b"[]").decode() + ".x"
    for token in (stranger, late, forged, unknown, nonsense, "hello", "rwd1.." + "a" * 10_000):
        with pytest.raises(BadToken):
            faults.seat(token, project="default", agent="support")
    with pytest.raises(BadToken):
        Faults(key=None).seat(write_token(TOKEN, key=KEY), project="default", agent="support")
    assert faults.seat("", project="default", agent="support") is None


def test_a_token_comes_in_the_baggage_or_behind_the_key() -> None:
    token = write_token(TOKEN, key=KEY)
    seat = _faults().seat(
        "", baggage=f"user=7, roadworthy.drill={token};x=1", project="default", agent="support"
    )
    assert seat is not None and seat.run_id == TOKEN.run_id
    key = "rw_" + "a" * 12 + "_" + "b" * 43
    assert split_presented(f"{key}.{token}") == (key, token)
    assert split_presented(key) == (key, "")
    assert split_presented("sk.other.thing") == ("sk.other.thing", "")


def test_a_fault_is_in_the_call_that_was_planned_and_in_no_other() -> None:
    token, faults = write_token(TOKEN, key=KEY), _faults()
    got = [
        _next(faults, token=token, kind=MODEL, target=target)
        for target in ("planner", "writer", "planner", "planner")
    ]
    assert [one.fault.fault if one else None for one in got] == [None, None, "timeout", None]
    always = [_next(faults, token=token) for _ in range(3)]
    assert [one.fault.fault if one else None for one in always] == ["empty"] * 3
    assert always[0] is not None and (always[0].drill, always[0].noted) == ("d1", "")


def test_each_run_of_a_drill_is_counted_by_itself() -> None:
    faults = _faults()
    one, other = (write_token(replace(TOKEN, run_id=name * 16), key=KEY) for name in ("01", "02"))
    assert _next(faults, token=one, kind=MODEL, target="planner") is None
    assert _next(faults, token=other, kind=MODEL, target="planner") is None
    assert _next(faults, token=one, kind=MODEL, target="planner") is not None


LIVE = LiveDrill(
    project="default",
    id="live1",
    agent="support",
    kind=TOOL,
    faults=("empty", "stale"),
    share=0.1,
    most=1_000,
    ends_ns=NOW + 1,
    created_ns=NOW,
)


def test_nothing_happens_outside_of_drills() -> None:
    assert _next(_faults()) is None


def test_a_share_of_live_runs_meets_a_fault_always_the_same_and_once() -> None:
    runs = [f"run-{number}" for number in range(2_000)]
    first, second = _faults(LIVE), _faults(LIVE)
    got = {run: _next(first, run=run) for run in runs}
    hit = {run: one.fault for run, one in got.items() if one}
    assert 150 < len(hit) < 250  # binomial: 200 ± 3.7 standard deviations
    assert {run: one.fault for run in runs if (one := _next(second, run=run))} == hit
    assert {one.fault for one in hit.values()} == {"empty", "stale"}
    assert [_next(first, run=run) for run in hit] == [None] * len(hit)


@pytest.mark.parametrize(
    "changes",
    [
        {"ends_ns": NOW},
        {"stopped_ns": NOW - 1},
        {"kind": MODEL, "faults": ("timeout",)},
        {"target": "erp.find"},
    ],
)
def test_a_live_drill_that_is_over_or_about_other_calls_does_nothing(changes: dict[str, object]) -> None:
    faults = _faults(replace(LIVE, share=1.0, **changes))  # type: ignore[arg-type]
    assert _next(faults) is None


def test_a_live_drill_ends_after_its_count_across_restarts() -> None:
    faults = _faults(replace(LIVE, share=1.0, most=5), before=3)
    got = [_next(faults, run=f"run-{number}") for number in range(10)]
    assert sum(one is not None for one in got) == 2
