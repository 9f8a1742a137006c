from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.doors.gateway.event_edge import EventEdge

ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
LINES = st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b".").replace(b"\r", b"."))
EVENTS = st.lists(st.tuples(LINES, st.sampled_from(ENDS)), max_size=8)


@given(EVENTS, LINES, st.lists(st.integers(0, 400), max_size=12))
def test_the_same_bytes_however_they_come_and_only_whole_events(
    events: list[tuple[bytes, bytes]], half: bytes, cuts: list[int]
) -> None:
    whole = b"".join(line + end for line, end in events)
    sent = whole + half
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    edge = EventEdge()
    given_out = b""
    for start, end in pairwise(places):
        taken = edge.take(sent[start:end])
        assert not taken or taken.endswith(ENDS)
        given_out += taken
        assert edge.clean
    assert sent.startswith(given_out)
    # At most the event that is not over yet is held.
    assert given_out == whole or sent[len(given_out) :].count(b"\n\n") == 0
    assert given_out + edge.rest() == sent


def test_an_event_without_an_end_goes_through_as_it_comes() -> None:
    edge = EventEdge()
    assert edge.take(b"data: 1\n\ndata: ") == b"data: 1\n\n"
    long = b"x" * 100_000
    assert edge.take(long) == b"data: " + long
    assert not edge.clean
    assert edge.take(b"\n\n") == b"\n\n"
    assert edge.clean
