"""Whose run a call belongs to, as far as its headers say. Pure, on the hot path: about 3 µs.

In the order of trust: a header of ours (OPENAI_CUSTOM_HEADERS and ANTHROPIC_CUSTOM_HEADERS put it on every
call of an unmodified SDK), a name behind the gateway key (`KEY.run.ID`: the one thing that any client sends),
`traceparent`, then `baggage`. What says nothing of itself is joined when it is
read (`flows/join_exchanges`). W3C Trace Context level 1, section 3.2; W3C Baggage, section 3.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Binding

RUN_HEADER = b"x-roadworthy-run"
SESSION_HEADER = b"x-roadworthy-session"
RUN_BAGGAGE = frozenset({"roadworthy.run", "roadworthy.run_id"})
SESSION_BAGGAGE = frozenset(
    {"roadworthy.session", "session.id", "gen_ai.conversation.id", "langfuse.session.id"}
)
MOST_CHARACTERS = 200
_MOST_BAGGAGE = 8192
_BEHIND = b".run."
_BEHIND_KEY = _BEHIND.decode()
_SHOW_KEYS = frozenset({b"authorization", b"x-api-key", b"x-goog-api-key"})
_IS_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_NO_TRACE = b"0" * 32
_NO_SPAN = b"0" * 16


def binding_of(headers: Headers) -> Binding:
    """Never raises: what is malformed says nothing. Of doubled headers the first counts."""
    run = session = trace = span = behind = ""
    baggage = b""
    for name, value in headers:
        if name == b"traceparent":
            found = None if trace else _TRACEPARENT.fullmatch(value.strip())
            if found and found[1] != _NO_TRACE and found[2] != _NO_SPAN:
                trace, span = found[1].decode(), found[2].decode()
        elif name == RUN_HEADER:
            run = run or _id(value)
        elif name == SESSION_HEADER:
            session = session or _id(value)
        elif name == b"baggage" and len(baggage) + len(value) < _MOST_BAGGAGE:
            baggage += b"," + value
        elif name in _SHOW_KEYS and _BEHIND in value:
            behind = behind or _id(value.partition(_BEHIND)[2])
    if behind and not run:
        run = behind
        # The trace of that run, too, where it is named by it: whoever traces may tell of it for long.
        trace = trace or (run if _IS_TRACE.fullmatch(run) else "")
    if run or trace or session or baggage:
        by = "header" if run else "traceparent" if trace else ""
        if baggage and not (run and session):
            said = _baggage(baggage)
            session = session or said.get("session", "")
            if not run and "run" in said:
                # What the trace says wins for the run; the name is kept for what the trace does not reach.
                run, by = said["run"], by or "baggage"
        return Binding(trace_id=trace, span_id=span, run_id=run, session_id=session, by=by)
    return _NOBODY


_NOBODY = Binding()


def without_run(presented: str) -> str:
    """The gateway key of what was shown as one: `KEY`, or `KEY.run.ID`."""
    return presented.partition(_BEHIND_KEY)[0]


def _id(value: bytes) -> str:
    text = value.decode("latin-1").strip()
    return text if _ID.fullmatch(text) else ""


def _baggage(value: bytes) -> dict[str, str]:
    said: dict[str, str] = {}
    for member in value.decode("latin-1").split(","):
        key, _, rest = member.partition("=")
        name = key.strip()
        kind = "run" if name in RUN_BAGGAGE else "session" if name in SESSION_BAGGAGE else ""
        if kind:
            text = unquote(rest.partition(";")[0].strip())
            if _ID.fullmatch(text):
                said.setdefault(kind, text)
    return said
