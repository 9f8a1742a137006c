"""What headers say of whose call it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.exchange import Binding
from roadworthy.features.gateway.recording.binding import binding_of, without_run

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Binding()),
        ([(b"traceparent", PARENT)], Binding(trace_id=TRACE, span_id=SPAN, by="traceparent")),
        ([(b"x-roadworthy-run", b"task-7")], Binding(run_id="task-7", by="header")),
        ([(b"x-roadworthy-session", b"chat 7")], Binding()),
        ([(b"x-roadworthy-session", b"chat-7")], Binding(session_id="chat-7")),
        (
            [(b"x-roadworthy-run", b"r"), (b"x-roadworthy-session", b"s"), (b"traceparent", PARENT)],
            Binding(trace_id=TRACE, span_id=SPAN, run_id="r", session_id="s", by="header"),
        ),
        (
            [(b"baggage", b"userId=1,roadworthy.run=a%2Fb;p=1 , session.id=s")],
            Binding(run_id="a/b", session_id="s", by="baggage"),
        ),
        (
            [(b"baggage", b"roadworthy.run=b"), (b"traceparent", PARENT)],
            Binding(trace_id=TRACE, span_id=SPAN, run_id="b", by="traceparent"),
        ),
        ([(b"baggage", b"roadworthy.run=b"), (b"x-roadworthy-run", b"h")], Binding(run_id="h", by="header")),
        ([(b"traceparent", b"00-" + b"0" * 32 + b"-" + SPAN.encode() + b"-01")], Binding()),
        ([(b"traceparent", b"ff-" + PARENT[3:])], Binding()),
        ([(b"traceparent", PARENT.upper())], Binding()),
        ([(b"authorization", b"Bearer rw_k.run.task-7")], Binding(run_id="task-7", by="header")),
        (
            [(b"x-api-key", b"rw_k.run." + TRACE.encode())],
            Binding(trace_id=TRACE, run_id=TRACE, by="header"),
        ),
        (
            [(b"x-goog-api-key", b"rw_k.run." + b"ab" * 16), (b"traceparent", PARENT)],
            Binding(trace_id=TRACE, span_id=SPAN, run_id="ab" * 16, by="header"),
        ),
        (
            [(b"authorization", b"Bearer rw_k.run.behind"), (b"x-roadworthy-run", b"told")],
            Binding(run_id="told", by="header"),
        ),
        ([(b"authorization", b"Bearer rw_k.run.")], Binding()),
        ([(b"x-roadworthy-run", b"a" * 201)], Binding()),
        ([(b"x-roadworthy-run", b"a\r\nb")], Binding()),
    ],
)
def test_headers_and_what_they_say(headers: list[tuple[bytes, bytes]], expected: Binding) -> None:
    assert binding_of(headers) == expected


@pytest.mark.parametrize("shown", ["rw_k", "rw_k.run.task-7", "rw_k.run."])
def test_the_key_is_what_stands_before_the_run(shown: str) -> None:
    assert without_run(shown) == "rw_k"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"traceparent", b"baggage", b"x-roadworthy-run", b"x-roadworthy-session", b"authorization"]
            ),
            st.binary(max_size=80) | st.binary(max_size=40).map(lambda end: b"k.run." + end),
        ),
        max_size=5,
    )
)
def test_nothing_that_comes_breaks_it(headers: list[tuple[bytes, bytes]]) -> None:
    bound = binding_of(headers)

    assert len(bound.run_id) <= 200
    assert bound.trace_id == "" or len(bound.trace_id) == 32
