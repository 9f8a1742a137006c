from __future__ import annotations

from collections.abc import Mapping

from roadworthy.domain.run import Run
from roadworthy.features.debug.bisect.finding import Finding, FindingState, finding_json
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind, InquiryState
from roadworthy.features.debug.ranking.suspects import Suspect
from roadworthy.features.debug.ranking.told import Doer
from roadworthy.flows.rank_steps import RankedRun
from roadworthy.flows.why_it_failed import Grounds, WhyItFailed, WhyRuns

MODEL_SPAN, TOOL_SPAN = "aa", "bb"


def _suspect(step: int, ref: str, name: str, doer: Doer, share: float) -> Suspect:
    return Suspect(step=step, ref=ref, name=name, doer=doer, share=share, reasons=(), excerpt="")


def _ranked(run_id: str, *, tool_first: bool = False) -> RankedRun:
    decided = _suspect(1, MODEL_SPAN, "bookkeeper", Doer.AGENT, 0.2 if tool_first else 0.5)
    returned = _suspect(2, TOOL_SPAN, "ledger__post", Doer.RESULT, 0.3)
    return RankedRun(
        run=Run(project="shop", id=run_id, sort_ns=1, agent="bookkeeper"),
        suspects=(returned, decided) if tool_first else (decided, returned),
        sure="",
        prove="roadworthy bisect",
        compared_with=(),
        model="",
        notes=(),
    )


def _bisect(run_id: str, *, step: int, confidence: float) -> Inquiry:
    finding = Finding(
        state=FindingState.SURE,
        step=step,
        confidence=confidence,
        level=0.9,
        mass=(0.0, 1.0),
        credible=(step,),
        not_excluded=(step,),
        tried=(),
        confirmed=True,
        pass_rate=1.0,
        false_pass_rate=0.0,
        reruns=4,
        calls=0,
        usd=0.0,
        sentences=(),
    )
    return Inquiry(
        project="shop",
        id=f"i-{run_id}",
        kind=InquiryKind.BISECT,
        agent="bookkeeper",
        run_id=run_id,
        input="",
        entry=EntryPoint(command="x"),
        created_ns=1,
        state=InquiryState.DONE,
        finding=finding_json(finding),
    )


PLACES = {
    1: (MODEL_SPAN, "gpt-4o-mini", "model"),
    2: (TOOL_SPAN, "ledger.post", "tool"),
    3: ("", "planner", "model"),
    4: (MODEL_SPAN, "ledger.find", "tool"),
}
"""The fourth is called by the span of the model, and has none of its own."""


def _why(ranked: Mapping[str, RankedRun], *bisects: Inquiry) -> WhyRuns:
    why = WhyItFailed(
        ranked=lambda _project, run_id: ranked.get(run_id),
        inquiries=lambda _project: bisects,
        place_of=lambda _project, _run, step: PLACES[step],
    )
    return why.runs("shop", list(ranked), of=len(ranked))


def _rows(found: WhyRuns) -> list[tuple[str, str, int, int]]:
    return [(one.kind, one.name, one.runs, one.proved) for one in found.blamed]


def test_a_step_has_one_name_whether_it_was_suspected_or_proved() -> None:
    ranked = {name: _ranked(name) for name in "abc"}
    bisects = [_bisect("a", step=1, confidence=0.95), _bisect("b", step=3, confidence=0.95)]
    assert _rows(_why(ranked, *bisects)) == [("model", "bookkeeper", 3, 2)]
    ranked = {name: _ranked(name, tool_first=True) for name in "ab"}
    assert _rows(_why(ranked, _bisect("a", step=2, confidence=0.95))) == [("tool", "ledger__post", 2, 1)]


def test_a_tool_is_not_called_by_the_agent_whose_span_called_it() -> None:
    assert _rows(_why({"a": _ranked("a")}, _bisect("a", step=4, confidence=0.9))) == [
        ("tool", "ledger.find", 1, 1)
    ]


def test_the_example_is_a_proved_run_where_there_is_one_however_many_are_suspected() -> None:
    ranked = {name: _ranked(name, tool_first=name in "cdef") for name in "abcdef"}
    bisects = [_bisect("a", step=1, confidence=0.91), _bisect("b", step=1, confidence=0.97)]
    found = _why(ranked, *bisects)
    assert _rows(found) == [("tool", "ledger__post", 4, 0), ("model", "bookkeeper", 2, 2)]
    assert found.example is not None
    assert (found.example.run_id, found.example.grounds) == ("b", Grounds.BISECT)
    unproved = _why(ranked).example
    assert unproved is not None
    assert (unproved.grounds, unproved.name) == (Grounds.RANKING, "ledger__post")
