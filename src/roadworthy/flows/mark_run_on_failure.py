"""When an exchange of a run failed, then the run says so: a score `gateway_failure` on it.

It is readable on the run page, in filters (`scores.gateway_failure:>:0`) and to monitors. It is no verdict:
an agent may have tried again, or told its user. What the agent made of the failure is for the detectors to
say.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import uuid4

from roadworthy.contracts.telemetry import TelemetryBatch, TelemetryStore
from roadworthy.domain.exchange import Ending, Exchange
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.flows.join_exchanges import Joined

NAME = "gateway_failure"
VERSION = "gateway 1"
_BROKEN = frozenset({Ending.FAILED, Ending.CUT_OFF, Ending.REFUSED})


class MarkRuns:
    """Marking twice writes the same score again: it counts all failures of the run, whichever came last."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        exchanges_of: Callable[[Run], Sequence[Exchange]],
    ) -> None:
        self._store = store
        self._exchanges_of = exchanges_of

    def on_joined(self, joined: Sequence[Joined]) -> None:
        """Raises StoreFull and StoreUnavailable."""
        runs = {(one.run.project, one.run.id): one.run for one in joined if has_failed(one.exchange)}
        scores: list[Score] = []
        for run in runs.values():
            mine = [one.exchange for one in joined if one.run.id == run.id and one.run.project == run.project]
            known = {one.id: one for one in (*self._exchanges_of(run), *mine)}
            score = score_of(run, [one for one in known.values() if has_failed(one)])
            if score is not None:
                scores.append(score)
        if scores:
            self._store.write(TelemetryBatch(token=f"gateway-failures-{uuid4().hex}", scores=scores))


def has_failed(exchange: Exchange) -> bool:
    return exchange.failure is not None or exchange.ending in _BROKEN


def score_of(run: Run, failed: Sequence[Exchange]) -> Score | None:
    """`value` is how many calls failed; the label is what failed most."""
    if not failed:
        return None
    codes = Counter(one.failure.code.value if one.failure else one.ending.value for one in failed)
    said = {one.failure.what if one.failure else f"{one.target}: {one.ending.value}": None for one in failed}
    return Score(
        project=run.project,
        run_id=run.id,
        trace_id=run.trace_ids[0] if run.trace_ids else "",
        name=NAME,
        value=float(len(failed)),
        label=codes.most_common(1)[0][0],
        source="detector",
        author="gateway",
        evaluator_version=VERSION,
        explanation="; ".join(list(said)[:5]) + ("; and others" if len(said) > 5 else ""),
        at_ns=time.time_ns(),
    )
