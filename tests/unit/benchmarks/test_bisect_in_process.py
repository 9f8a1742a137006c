"""A planted mistake of each kind is found where it was planted, by the real player and strategy."""

from __future__ import annotations

import random

import pytest

from benchmarks.bisect_in_process import searched
from benchmarks.scripted_world import Kind, case_of
from roadworthy.features.debug.bisect.finding import FindingState


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("good", [True, False], ids=["by a good run", "by a stronger model"])
def test_each_kind_of_mistake_is_found_and_confirmed(kind: Kind, good: bool) -> None:
    rnd = random.Random(3)
    for steps in (12, 13):
        case = case_of("one", kind, steps=steps, rnd=rnd)
        found = searched(case, good=good, slips=0.0, rnd=rnd)
        assert (found.finding.state, found.finding.step) == (FindingState.SURE, found.truth)
        assert found.finding.confirmed is True
        assert found.reruns <= 7
        assert (found.calls == 0) is good
