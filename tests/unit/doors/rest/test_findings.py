"""What the API makes of findings as they are kept, also by older versions."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest

from roadworthy.domain.agent_ended import Ending
from roadworthy.doors.rest.models.findings import BisectFinding, ForkFinding, ReplayFinding, finding_view
from roadworthy.features.debug.bisect.finding import Finding, FindingState, Tried
from roadworthy.features.debug.finding import fork_finding, replay_finding
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind, Rerun, RerunState

RERUN = Rerun(
    number=1, state=RerunState.DONE, ending=Ending.ANSWERED, answer="42", matched=3, same=False, passed=True
)
BISECT = Finding(
    state=FindingState.SURE,
    step=2,
    confidence=0.97,
    level=0.9,
    mass=(0.01, 0.02, 0.97),
    credible=(2,),
    not_excluded=(2,),
    tried=(Tried(number=1, switch=None, only=False, passed=False),),
    confirmed=True,
    pass_rate=0.9,
    false_pass_rate=0.1,
    reruns=3,
    calls=4,
    usd=0.25,
    sentences=("Step 2 did it.",),
)


def _asked(kind: InquiryKind, finding: object = None) -> Inquiry:
    return Inquiry(
        project="default",
        id="i1",
        kind=kind,
        agent="support",
        run_id="bad",
        input="",
        entry=EntryPoint(command="python agent.py"),
        created_ns=0,
        steps=3,
        output="41",
        finding="" if finding is None else orjson.dumps(finding).decode(),
    )


def test_nothing_is_told_while_nothing_is_found() -> None:
    assert finding_view(_asked(InquiryKind.REPLAY)) is None


@pytest.mark.parametrize("kind", list(InquiryKind))
def test_all_that_is_found_is_told(kind: InquiryKind) -> None:
    found: dict[str, Any] = {
        InquiryKind.REPLAY: lambda: asdict(replay_finding(_asked(kind), [RERUN])),
        InquiryKind.FORK: lambda: asdict(fork_finding(_asked(kind), [RERUN])),
        InquiryKind.BISECT: lambda: asdict(BISECT),
    }[kind]()
    told = finding_view(_asked(kind, found))
    assert told is not None
    assert told.model_dump(mode="json") == {**orjson.loads(orjson.dumps(found)), "kind": kind.value}


@pytest.mark.parametrize(
    "kept", ["{", "[]", "{}", '{"outcome": "better", "state": 7, "mass": "flat", "tried": [{"number": 1}]}']
)
@pytest.mark.parametrize("kind", list(InquiryKind))
def test_what_is_not_understood_claims_nothing(kind: InquiryKind, kept: str) -> None:
    told = finding_view(replace(_asked(kind), finding=kept))
    match told:
        case BisectFinding():
            assert (told.state, told.step, told.mass, told.tried) == ("cannot_tell", None, [], [])
        case ReplayFinding() | ForkFinding():
            assert told.outcome == "cannot_tell"
        case _:
            pytest.fail(f"nothing is told: {told}")
    assert told.sentences == []


def test_the_rest_of_an_old_finding_is_still_told() -> None:
    old = {"outcome": "same_calls_once", "sentences": ["It did the same."], "diverged_at": 4, "gone": 1}
    told = finding_view(_asked(InquiryKind.REPLAY, old))
    assert isinstance(told, ReplayFinding)
    assert (told.outcome, told.sentences, told.diverged_at) == ("cannot_tell", ["It did the same."], 4)
