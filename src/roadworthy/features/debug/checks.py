"""Whether an inquiry can be made as it is asked for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.debug.check import check_check
from roadworthy.features.debug.inquiry import BadInquiry, EntryPoint, Inquiry, InquiryKind, Via
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.kit.secret_screen import suspect

MOST_INPUT = 100_000
"""Characters of a task."""
MOST_CHANGES = 50
_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_OF_MODELS = frozenset({ChangeKind.ANSWER, ChangeKind.MODEL, ChangeKind.PROMPT, ChangeKind.PARAMETERS})
_TEXTS = {
    ChangeKind.RESULT: "the result that the tool is to give",
    ChangeKind.MODEL: "the name of a model",
    ChangeKind.PROMPT: "the system prompt",
    ChangeKind.PARAMETERS: 'an object of JSON like {"temperature": 0}',
    ChangeKind.FORBID: "the name of a tool (connector.tool)",
}


def check_entry(entry: EntryPoint, *, field: str = "entry") -> None:
    """Raises BadInquiry."""
    given = {Via.COMMAND: entry.command, Via.CALLABLE: entry.callable, Via.URL: entry.url}[entry.via]
    where = f"{field}.{entry.via.value}"
    if entry.via is Via.COMMAND:
        try:
            parts = shlex.split(given)
        except ValueError as odd:
            raise BadInquiry(where, f"cannot be split into words: {odd}") from None
        if not parts:
            raise BadInquiry(where, "expected a command like: python agent.py")
    if entry.via is Via.CALLABLE and not _CALLABLE.fullmatch(given):
        raise BadInquiry(where, "expected module:function, like shop.agent:answer")
    if entry.via is Via.URL:
        _check_url(entry, field=field)
    for name in ("command", "url", "body"):
        if suspect(getattr(entry, name)):
            raise BadInquiry(
                f"{field}.{name}",
                "there is something like a secret in it; give it to the runner's environment instead",
            )
    if not 1 <= entry.timeout_s <= 3_600:
        raise BadInquiry(f"{field}.timeout_s", f"expected 1 to 3600 seconds, not {entry.timeout_s:g}")


def check_inquiry(draft: Inquiry, *, tape: Tape) -> None:
    """`tape` is that of the recorded run. Raises BadInquiry for the first field that is not as expected."""
    if not draft.agent:
        raise BadInquiry("agent", "the run does not say which agent it was of")
    if not draft.input.strip():
        raise BadInquiry("input", "the run does not say what it was asked; give it")
    if len(draft.input) > MOST_INPUT:
        raise BadInquiry("input", f"expected at most {MOST_INPUT} characters")
    check_entry(draft.entry)
    if draft.server_runs and draft.entry.via is not Via.URL:
        raise BadInquiry("server_runs", "the server starts no processes: expected entry.via url")
    if draft.check is not None:
        check_check(draft.check)
        if draft.server_runs and draft.check.how == "command":
            raise BadInquiry("check.how", "the server starts no processes; expected another check")
    _check_numbers(draft)
    check_changes(draft.changes, tape)
    if draft.kind is InquiryKind.FORK:
        _check_fork(draft, tape)
    if draft.kind is InquiryKind.BISECT:
        _check_bisect(draft)
    if draft.live_model and draft.after is After.RECORDED:
        raise BadInquiry("after", "a model is asked after the switch alone; expected mixed or live")


def _check_url(entry: EntryPoint, *, field: str) -> None:
    try:
        parts = urlsplit(entry.url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise BadInquiry(f"{field}.url", "expected an address like http://127.0.0.1:9000/ask")
    if "{input}" not in entry.body:
        raise BadInquiry(f"{field}.body", "expected {input} in it, where the task goes")


def _check_numbers(draft: Inquiry) -> None:
    budget = draft.budget
    for name, value, low, high in (
        ("repeats", draft.repeats, 1, 50),
        ("concurrency", draft.concurrency, 1, 64),
        ("confidence", draft.confidence, 0.5, 0.999),
        ("budget.reruns", budget.reruns, 1, 1_000),
        ("budget.calls", budget.calls, 0, 1_000_000),
        ("budget.usd", budget.usd, 0, 1_000_000),
        ("budget.seconds", budget.seconds, 1, 10_000_000),
    ):
        if value is not None and not low <= value <= high:
            raise BadInquiry(name, f"expected {low:g} to {high:g}, not {value:g}")


def check_changes(changes: Sequence[Change], tape: Tape) -> None:
    """Raises BadInquiry."""
    if len(changes) > MOST_CHANGES:
        raise BadInquiry("changes", f"expected at most {MOST_CHANGES}, not {len(changes)}")
    for place, change in enumerate(changes):
        where = f"changes[{place}]"
        call = tape.call(change.step)
        if call is None:
            raise BadInquiry(f"{where}.step", f"expected 1 to {len(tape.calls)}, not {change.step}")
        model = call.exchange.kind is ExchangeKind.MODEL
        if not change.onwards and change.kind in _OF_MODELS and not model:
            raise BadInquiry(
                f"{where}.kind", f"step {change.step} calls a tool: no {change.kind.value} there"
            )
        if not change.onwards and change.kind is ChangeKind.RESULT and model:
            raise BadInquiry(f"{where}.kind", f"step {change.step} asks a model: its change is an answer")
        _check_text(change, where)


def _check_text(change: Change, where: str) -> None:
    cut_out = change.kind is ChangeKind.PROMPT and change.find
    if change.kind in _TEXTS and not change.text.strip() and not cut_out:
        raise BadInquiry(f"{where}.text", f"expected {_TEXTS[change.kind]}")
    if change.kind is ChangeKind.ANSWER and not change.text and not change.tool_calls:
        raise BadInquiry(f"{where}.text", "expected what the model is to say, or tool_calls")
    if change.kind is ChangeKind.PARAMETERS and not isinstance(_json(change.text), dict):
        raise BadInquiry(f"{where}.text", f"expected {_TEXTS[change.kind]}")
    if change.tool_calls and not isinstance(_json(change.tool_calls), list):
        raise BadInquiry(f"{where}.tool_calls", "expected a list of JSON")
    if change.code and change.code not in set(FailureCode):
        raise BadInquiry(
            f"{where}.code", f"no code {change.code!r}; expected one of {', '.join(FailureCode)}"
        )


def _check_fork(draft: Inquiry, tape: Tape) -> None:
    if draft.fork_at is None or not 1 <= draft.fork_at <= len(tape.calls):
        raise BadInquiry("fork_at", f"expected the step where it forks, 1 to {len(tape.calls)}")
    if not draft.changes and not draft.good_run and draft.after is not After.LIVE:
        raise BadInquiry("changes", "nothing would be different; expected a change, good_run, or after live")
    for place, change in enumerate(draft.changes):
        if change.step < draft.fork_at:
            raise BadInquiry(
                f"changes[{place}].step",
                f"step {change.step} is answered from the recording: it forks at {draft.fork_at}",
            )


def _check_bisect(draft: Inquiry) -> None:
    if draft.check is None:
        raise BadInquiry("check", "expected what decides whether a rerun succeeded")
    if draft.check.how == "same":
        raise BadInquiry("check.how", "the recorded run failed: as it answered is no success")
    if not (draft.good_run or draft.changes or draft.live_model) and draft.after is After.RECORDED:
        raise BadInquiry(
            "after", "nothing would be put right; expected good_run, changes, live_model, or after live"
        )


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
