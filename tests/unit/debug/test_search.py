"""A bisect's next questions as the course of its inquiry asks for them."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind
from roadworthy.features.debug.search import search

BISECT = Inquiry(
    project="p",
    id="one",
    kind=InquiryKind.BISECT,
    agent="planner",
    run_id="a" * 32,
    input="Add them up",
    entry=EntryPoint(),
    created_ns=0,
    steps=20,
)


def test_it_begins_where_the_ranking_suspects_the_fault() -> None:
    suspicion = [0.0] * 20
    suspicion[15] = 1.0
    nothing_put_right, even = search(BISECT, [], 2).questions
    _, ranked = search(replace(BISECT, suspicion=tuple(suspicion)), [], 2).questions
    assert nothing_put_right == (None, False)
    assert even == (10, False) or even == (11, False)
    assert ranked[0] is not None and 11 < ranked[0] <= 17
