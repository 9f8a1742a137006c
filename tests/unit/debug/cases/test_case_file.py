"""A case as a file: what goes in comes out, twice the same bytes, and what is wrong is said."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.agent_ended import Ending as AgentEnding
from roadworthy.domain.agent_ended import RecordedEnd
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.debug.cases.case import Calls, Case
from roadworthy.features.debug.cases.file import BadCaseFile, decode, digest_of, encode, holes_of
from roadworthy.features.debug.inquiry import Check, EntryPoint, Via
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.kit.zstandard import zstd
from tests.unit.debug.cases.tapes import an_order_tape


def a_case(**changes: Any) -> Case:
    made = Case(
        name="order total",
        input="What is the total of order A-1?",
        check=Check(how="number", expected="42"),
        tape=an_order_tape(),
    )
    return replace(made, **changes)


FULL = a_case(
    calls=Calls.STRICT,
    expect_failure=True,
    changes=(
        Change(step=2, kind=ChangeKind.RESULT, text='{"total": 43}'),
        Change(step=3, kind=ChangeKind.FORBID, text="erp.refund", onwards=True),
    ),
    entry=EntryPoint(via=Via.CALLABLE, callable="shop.agent:answer", timeout_s=30.0),
    good=an_order_tape(total=43),
)


def read(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def sealed(lines: list[Any]) -> bytes:
    """The lines behind the head as they are now, with a digest that fits them."""
    rest = b"".join(
        json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines[1:]
    )
    head = {**lines[0], "digest": hashlib.sha256(rest).hexdigest()}
    return json.dumps(head).encode() + b"\n" + rest


END = RecordedEnd(ending=AgentEnding.CRASHED, exit_code=1, error="KeyError: 'A-1'")
CRASHED = a_case(check=Check(how="same"), tape=replace(an_order_tape(), output=None, end=END))


@pytest.mark.parametrize("case", [a_case(), FULL, CRASHED])
def test_what_goes_in_comes_out(case: Case) -> None:
    found = decode(encode(case))
    for name in ("name", "agent", "run_id", "input", "check", "calls", "expect_failure", "changes", "entry"):
        assert getattr(found, name) == getattr(case, name), name
    for was, now in ((case.tape, found.tape), (case.good, found.good)):
        if was is None or now is None:
            assert was is now
            continue
        assert (now.run_id, now.output, now.listings) == (was.run_id, was.output, was.listings)
        assert now.end == was.end
        assert [(one.path, one.body, one.answer) for one in now.calls] == [
            (one.path, one.body, one.answer) for one in was.calls
        ]
        assert [one.exchange.target for one in now.calls] == ["planner", "erp.order", "planner"]
    assert encode(found) == encode(case)


def test_a_typed_failure_goes_along() -> None:
    failure = TypedFailure(
        code=FailureCode.TIMEOUT,
        what="erp.order did not answer within 5 s",
        retry=Retry.LATER,
        retry_after_s=2.5,
        do_not_conclude="This says nothing about the order.",
        facts={"elapsed_s": "5"},
    )
    tape = an_order_tape()
    calls = [replace(one, exchange=replace(one.exchange, failure=failure, status=None)) for one in tape.calls]
    found = decode(encode(a_case(tape=replace(tape, calls=tuple(calls)))))
    assert [one.exchange.failure for one in found.tape.calls] == [failure] * 3
    assert found.tape.calls[0].exchange.status is None


def test_what_people_compare_stands_in_short_lines_before_the_recordings() -> None:
    data = encode(FULL)
    lines = data.splitlines()
    assert [next(iter(json.loads(line))) for line in lines[:9]] == [
        "format", "name", "agent", "run", "recorded_at", "input", "recorded_answer", "check", "calls",
    ]  # fmt: skip
    assert max(len(line) for line in lines[:-1]) < 600
    assert json.loads(lines[-1]).keys() == {"recordings"}
    # One word of the check is one line of a diff, besides the head's digest.
    other = encode(replace(FULL, check=Check(how="number", expected="43"))).splitlines()
    assert [place for place, (a, b) in enumerate(zip(lines, other, strict=True)) if a != b] == [0, 7]


def test_neither_secret_machine_nor_moment_goes_in() -> None:
    assert b"user-agent" not in zstd.decompress(base64.b64decode(read(encode(a_case()))[-1]["recordings"]))
    assert read(encode(a_case()))[4] == {"recorded_at": "2025-11-24T16:00:01Z"}
    assert digest_of(encode(a_case())) == digest_of(encode(a_case()))


def test_line_ends_that_git_changed_are_no_damage() -> None:
    data = encode(FULL)
    assert encode(decode(data.replace(b"\n", b"\r\n"))) == data


def test_holes_are_kept_and_said() -> None:
    case = a_case(tape=an_order_tape(hole="the recording was deleted (retention, or by hand)"))
    found = decode(encode(case))
    assert holes_of(found.tape.calls) == [
        "step 2 (tool erp.order): the recording was deleted (retention, or by hand)"
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: [{**lines[0], "format": "something.else"}, *lines[1:]], "no case"),
        (lambda lines: [{**lines[0], "version": 2}, *lines[1:]], "newer Roadworthy"),
        (lambda lines: [{**lines[0], "version": "x"}, *lines[1:]], "is not known"),
        (lambda lines: [*lines, {"later": 1}], "'later' is nothing this version knows"),
        (lambda lines: [*lines, {"name": "again"}], "'name' is there twice"),
        (lambda lines: [line for line in lines if "check" not in line], "no line 'check'"),
        (lambda lines: _with(lines, "check", {"check": {"how": 3}}), "how: expected a text"),
        (lambda lines: _with(lines, "check", {"check": {"who": "x"}}), "'who' is nothing"),
        (
            lambda lines: _with(lines, "calls", {"calls": "some"}),
            "one of strict, same_calls, answer",
        ),
        (
            lambda lines: _with(lines, "change", {"change": {"kind": "magic", "step": 1}}),
            "kind: 'magic'",
        ),
        (lambda lines: _with(lines, "entry", {"entry": {"via": "post"}}), "via: 'post'"),
        (lambda lines: _with(lines, "recordings", {"recordings": "%%%"}), "cannot be unpacked"),
        (lambda lines: _with(lines, "recordings", {"recordings": ""}), "recordings are 0 bytes"),
        (lambda lines: _with(lines, "step", {**_first(lines, "step"), "bytes": 10**12}), "at most"),
        (lambda lines: _with(lines, "step", {**_first(lines, "step"), "step": 7}), "expected 1"),
        (lambda lines: _with(lines, "step", {**_first(lines, "step"), "kind": "door"}), "kind: 'door'"),
    ],
)
def test_what_is_wrong_is_said(change: Any, says: str) -> None:
    with pytest.raises(BadCaseFile, match=says):
        decode(sealed(change(read(encode(FULL)))))


def test_a_recording_that_is_another_is_named_by_its_step() -> None:
    lines = read(encode(a_case()))
    data = bytearray(zstd.decompress(base64.b64decode(lines[-1]["recordings"])))
    size = next(line["bytes"] for line in lines if line.get("step") == 1)
    data[size + 5] ^= 1
    lines[-1] = {"recordings": base64.b64encode(zstd.compress(bytes(data))).decode()}
    number = 1 + next(place for place, line in enumerate(lines) if line.get("step") == 2)
    with pytest.raises(BadCaseFile, match=f"line {number}: its recording is not what was written"):
        decode(sealed(lines))


def test_a_bomb_is_not_unpacked() -> None:
    lines = read(encode(a_case()))
    lines[-1] = {"recordings": base64.b64encode(zstd.compress(bytes(1 << 28))).decode()}
    with pytest.raises(BadCaseFile, match="their lines say"):
        decode(sealed(lines))


@given(st.binary(max_size=200) | st.integers(0, 5000))
def test_damage_anywhere_is_an_error_and_never_another_case(damage: bytes | int) -> None:
    data = encode(FULL)
    if isinstance(damage, int):
        at = damage % len(data)
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    else:
        broken = damage
    with pytest.raises(BadCaseFile):
        decode(broken)
    with pytest.raises(BadCaseFile):
        decode(data[: len(data) // 2])


def _first(lines: list[Any], name: str) -> Any:
    return next(line for line in lines if name in line)


def _with(lines: list[Any], name: str, line: Any) -> list[Any]:
    place = next(place for place, one in enumerate(lines) if next(iter(one)) == name)
    return [*lines[:place], line, *lines[place + 1 :]]
