"""When somebody asks why a run failed, then the newest sure finding of a bisect answers; where there is none,
the most suspicious step with its evidence. For an issue or an incident: which kind of step its runs blame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.features.debug.bisect.finding import Finding, FindingState, finding_of
from roadworthy.features.debug.inquiry import Inquiry, InquiryKind
from roadworthy.features.debug.ranking.suspects import Reason, Suspect
from roadworthy.features.debug.ranking.told import Doer
from roadworthy.flows.rank_steps import RankedRun

MOST_RUNS = 20
_SHOWN_RUNS = 5


class Grounds(StrEnum):
    BISECT = "bisect"
    """It was executed again: proof, as sure as it says."""
    RANKING = "ranking"
    """A suspicion."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRun:
    """`step` of a bisect counts recorded calls, of a ranking the told steps of the run; both from 1."""

    run_id: str
    agent: str
    grounds: Grounds
    step: int | None
    span_id: str
    name: str
    """The tool or agent of the step, whether it was suspected or proved."""
    kind: str
    """model or tool; "" where no step is named."""
    confidence: float
    """Of a bisect its posterior probability, of a ranking the step's share of the suspicion."""
    sure: str
    """In words."""
    reasons: tuple[Reason, ...]
    sentences: tuple[str, ...]
    """Of the bisect."""
    inquiry_id: str
    prove: str
    """The command that proves it; "" where it is proved."""
    excerpt: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """One kind of step, and the runs that blame it."""

    kind: str
    name: str
    runs: int
    proved: int
    """Of these by a bisect."""
    evidence: str
    """The sentence that stands at most of them."""
    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRuns:
    """Of an issue or an incident. Most blamed first."""

    runs: int
    """That were looked at, of `of`."""
    of: int
    blamed: tuple[Blamed, ...]
    example: WhyRun | None
    """Of a run where it is proved, else of one where it is suspected; of these one that blames what is most
    blamed."""


class WhyItFailed:
    """`place_of` gives, for a step of the tape of a run, its span, its name and whether it is a model or a
    tool."""

    def __init__(
        self,
        *,
        ranked: Callable[[str, str], RankedRun | None],
        inquiries: Callable[[str], Sequence[Inquiry]],
        place_of: Callable[[str, str, int], tuple[str, str, str]],
    ) -> None:
        self._ranked = ranked
        self._inquiries = inquiries
        self._place_of = place_of

    def run(self, project: str, run_id: str) -> WhyRun | None:
        """None: no such run."""
        return self._of_run(project, run_id, self._inquiries(project))

    def runs(self, project: str, run_ids: Sequence[str], *, of: int) -> WhyRuns:
        """`run_ids` of the linked runs, `of` how many there are in all; at most 20 are looked at."""
        inquiries = self._inquiries(project)
        looked = [self._of_run(project, run_id, inquiries) for run_id in run_ids[:MOST_RUNS]]
        found = [one for one in looked if one is not None]
        groups: defaultdict[tuple[str, str], list[WhyRun]] = defaultdict(list)
        for one in found:
            if one.grounds is not Grounds.NOTHING:
                groups[one.kind, one.name].append(one)
        ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
        blamed = tuple(_blamed(kind, name, group) for (kind, name), group in ordered)
        example = _example([group for _, group in ordered])
        return WhyRuns(runs=len(found), of=max(of, len(found)), blamed=blamed, example=example)

    def _of_run(self, project: str, run_id: str, inquiries: Sequence[Inquiry]) -> WhyRun | None:
        ranked = self._ranked(project, run_id)
        return (self._proved(project, ranked, inquiries) or _suspected(ranked)) if ranked else None

    def _proved(self, project: str, ranked: RankedRun, inquiries: Sequence[Inquiry]) -> WhyRun | None:
        run = ranked.run
        for inquiry in inquiries:
            if inquiry.kind is not InquiryKind.BISECT or inquiry.run_id != run.id or not inquiry.finding:
                continue
            finding = _read(inquiry.finding)
            if finding is None or finding.state not in (FindingState.SURE, FindingState.NOT_A_STEP):
                continue
            step = finding.step or None
            span_id, name, kind = self._place_of(project, run.id, step) if step else ("", "", "")
            told = next((one for one in ranked.suspects if (one.ref, _kind(one)) == (span_id, kind)), None)
            return WhyRun(
                run_id=run.id,
                agent=run.agent,
                grounds=Grounds.BISECT,
                step=step,
                span_id=span_id,
                name=told.name if told else _name(ranked, name, kind=kind),
                kind=kind,
                confidence=finding.confidence,
                sure=f"Found by executing it again {finding.reruns} times; {finding.confidence:.0%} sure.",
                reasons=told.reasons if told else (),
                sentences=finding.sentences,
                inquiry_id=inquiry.id,
                prove="",
                excerpt=told.excerpt if told else "",
                notes=ranked.notes,
            )
        return None


def _kind(suspect: Suspect) -> str:
    """As of a recorded call."""
    return "tool" if suspect.doer is Doer.RESULT else "model"


def _name(ranked: RankedRun, recorded: str, *, kind: str) -> str:
    """Of a recorded call that is none of the told steps. A model's is called by its agent, as a suspect is:
    else proof and suspicion of one step would count as two."""
    if kind != "model":
        return recorded
    agents = {one.name for one in ranked.suspects if one.doer is Doer.AGENT}
    return agents.pop() if len(agents) == 1 else ranked.run.agent or recorded


def _example(groups: Sequence[Sequence[WhyRun]]) -> WhyRun | None:
    """`groups` most blamed first."""
    for grounds in (Grounds.BISECT, Grounds.RANKING):
        for group in groups:
            some = [one for one in group if one.grounds is grounds]
            if some:
                return max(some, key=lambda one: one.confidence)
    return None


def _read(text: str) -> Finding | None:
    try:
        return finding_of(text)
    except ValueError:
        return None


def _suspected(ranked: RankedRun) -> WhyRun:
    run = ranked.run
    first = ranked.suspects[0] if ranked.suspects else None
    return WhyRun(
        run_id=run.id,
        agent=run.agent,
        grounds=Grounds.RANKING if first else Grounds.NOTHING,
        step=first.step if first else None,
        span_id=first.ref if first else "",
        name=first.name if first else "",
        kind=_kind(first) if first else "",
        confidence=first.share if first else 0.0,
        sure=ranked.sure,
        reasons=first.reasons if first else (),
        sentences=(),
        inquiry_id="",
        prove=ranked.prove if first else "",
        excerpt=first.excerpt if first else "",
        notes=ranked.notes,
    )


def _blamed(kind: str, name: str, group: Sequence[WhyRun]) -> Blamed:
    texts = [reason.text for one in group for reason in one.reasons[:3]]
    return Blamed(
        kind=kind,
        name=name,
        runs=len(group),
        proved=sum(one.grounds is Grounds.BISECT for one in group),
        evidence=max(texts, key=texts.count, default=""),
        run_ids=tuple(one.run_id for one in group[:_SHOWN_RUNS]),
    )
