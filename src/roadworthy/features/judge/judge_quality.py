"""How far a judge agrees with people, over the runs both have judged."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.run import Outcome
from roadworthy.domain.score import Score
from roadworthy.features.judge.judges.quality import Agreement, Drift, Pair, agreement, drift
from roadworthy.features.judge.outcomes import OUTCOME, outcome_of

LABELS = (str(Outcome.SUCCESS), str(Outcome.FAILURE))
_PEOPLE = frozenset({"reviewer", "user"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeQuality:
    agreement: Agreement
    drift: Drift


def judge_quality(store: TelemetryStore, project: str, *, judge: str, from_ns: int) -> JudgeQuality:
    """`judge` is the name of its scores. People's word is what they said of the outcome, or under the judge's
    own name; a value from 0.5 on is a success on either side. The last word of each counts."""
    judged: dict[str, Score] = {}
    said: dict[str, Score] = {}
    for block in store.each_score(project, from_ns=from_ns):
        for score in block:
            if score.source == "judge" and score.name == judge and score.run_id:
                _keep_last(judged, score)
            elif score.source in _PEOPLE and score.name in (OUTCOME, judge) and score.run_id:
                _keep_last(said, score)
    pairs = [
        Pair(
            run_id=run_id,
            judge=_word(judged[run_id]),
            person=_word(said[run_id]),
            at_ns=judged[run_id].at_ns,
            sampled=judged[run_id].sampled,
        )
        for run_id in judged.keys() & said.keys()
    ]
    pairs.sort(key=lambda pair: (pair.at_ns, pair.run_id))
    return JudgeQuality(agreement=agreement(pairs, labels=LABELS), drift=drift(pairs, labels=LABELS))


def _keep_last(kept: dict[str, Score], score: Score) -> None:
    known = kept.get(score.run_id)
    if known is None or (score.at_ns, score.version) >= (known.at_ns, known.version):
        kept[score.run_id] = score


def _word(score: Score) -> str:
    """ "" where it says neither."""
    if score.value is not None:
        return LABELS[0] if score.value >= 0.5 else LABELS[1]
    outcome = outcome_of(score)
    return "" if outcome is Outcome.UNKNOWN else str(outcome)
