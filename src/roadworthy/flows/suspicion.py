"""Everything that is said of a failed run without executing it again, put together: its steps by suspicion,
why it failed, and its resampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.features.debug.ranking.suspects import Hint
from roadworthy.features.debug.ranking.told import ToldRun
from roadworthy.features.debug.resampling_book import Resampling, ResamplingBook
from roadworthy.features.debug.service import InquiryService
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.asked_again_hints import hints_of
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.flows.rank_steps import RankedRun, StepRanking
from roadworthy.flows.resample_steps import notes_of, sampled_steps
from roadworthy.flows.why_it_failed import WhyItFailed


class NothingToAsk(Exception):  # noqa: N818 (a condition)
    """No step of the run can be asked again; the message says why."""


class Suspicion:
    """Safe to call from several threads. `changed` is told of resamplings, as by `ResamplingBook`."""

    def __init__(
        self,
        *,
        observe: ObserveService,
        metadata: MetadataStore,
        service: InquiryService,
        tapes: RunTapes,
        changed: Callable[[str, Sequence[str]], None] = lambda _project, _ids: None,
    ) -> None:
        self.book = ResamplingBook(metadata, changed=changed)
        self._tapes = tapes
        self._ranking = StepRanking(observe, more=self._asked_again)
        self._before = StepRanking(observe)
        self.why = WhyItFailed(ranked=self.ranked, inquiries=service.all, place_of=self._place_of)

    def ranked(self, project: str, run_id: str) -> RankedRun | None:
        """None: no such run."""
        return self._ranking.of(project, run_id)

    def ranked_unasked(self, project: str, run_id: str) -> RankedRun | None:
        """As `ranked`, without what was found out by asking models."""
        return self._before.of(project, run_id)

    def drafted(self, draft: Resampling) -> Resampling:
        """With the steps that can be asked again, and what cannot, in words. Raises NothingToAsk."""
        tape = self._tapes.tape(draft.project, draft.run_id)
        calls = sampled_steps(tape) if tape is not None else []
        if tape is None or (draft.times and not calls):
            holes = [one.hole for one in tape.calls if one.hole] if tape is not None else []
            why = f"; of its recorded calls {len(holes)} have holes: {holes[0]}" if holes else ""
            raise NothingToAsk(f"no call of this run to a model was recorded whole by the gateway{why}")
        spans = self._tapes.spans(draft.project, draft.run_id, [one.exchange for one in calls])
        return replace(
            draft,
            steps=tuple(one.step for one in calls) if draft.times else (),
            spans={one.step: spans[one.exchange.id] for one in calls if one.exchange.id in spans},
            notes=tuple(notes_of(tape)) if draft.times else (),
        )

    def _asked_again(self, project: str, run_id: str, told: ToldRun) -> list[Hint]:
        return list(hints_of(self.book.of(project, run_id), told))

    def _place_of(self, project: str, run_id: str, step: int) -> tuple[str, str, str]:
        tape = self._tapes.tape(project, run_id)
        call = tape.call(step) if tape is not None else None
        if call is None:
            return "", "", ""
        exchange = call.exchange
        span = self._tapes.spans(project, run_id, [exchange]).get(exchange.id, "")
        return span, exchange.asked or exchange.target, exchange.kind.value
