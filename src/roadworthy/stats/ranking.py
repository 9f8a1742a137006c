"""How well a score ranks failures above successes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from roadworthy.stats.intervals import Interval


def roc_auc(scores: Sequence[float], failed: Sequence[bool]) -> float | None:
    """Probability that a failure scores above a success, ties counting half: the Mann-Whitney statistic
    U / (n1 n0) (Hanley & McNeil 1982, Radiology 143:29-36). None where one of the classes is empty."""
    _same_length(scores, failed)
    positives = sum(failed)
    negatives = len(failed) - positives
    if not positives or not negatives:
        return None
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks = 0.0
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        # Those that tie share the mean of their ranks at+1 .. end.
        ranks += (at + 1 + end) / 2 * sum(failed[i] for i in order[at:end])
        at = end
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def roc_auc_interval(
    scores: Sequence[float],
    failed: Sequence[bool],
    *,
    clusters: Sequence[str],
    rounds: int = 1000,
    confidence: float = 0.95,
    seed: int = 1,
) -> Interval | None:
    """Percentile bootstrap over whole clusters, so that attempts at one task do not count as independent
    (Davison & Hinkley 1997, section 3.8). Resamples with one class only are drawn again; None where there are
    fewer than two clusters or one class."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for i, cluster in enumerate(clusters):
        groups[cluster].append(i)
    if len(groups) < 2 or roc_auc(scores, failed) is None:
        return None
    members = list(groups.values())
    rnd = random.Random(seed)  # noqa: S311 - statistics, not secrets
    found: list[float] = []
    for _ in range(rounds * 10):
        drawn = [i for group in rnd.choices(members, k=len(members)) for i in group]
        area = roc_auc([scores[i] for i in drawn], [failed[i] for i in drawn])
        if area is not None:
            found.append(area)
        if len(found) == rounds:
            break
    return percentiles(found, confidence=confidence)


def percentiles(values: Sequence[float], *, confidence: float = 0.95) -> Interval | None:
    """The middle `confidence` of a sample, linearly interpolated (type 7 of Hyndman & Fan 1996); bounded to
    [0, 1]. None of nothing."""
    if not values:
        return None
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    tail = (1 - confidence) / 2
    return Interval(low=max(0.0, at(tail)), high=min(1.0, at(1 - tail)))


def precision_at_recall(scores: Sequence[float], failed: Sequence[bool], *, recall: float) -> float | None:
    """Share of failures among those flagged, at the highest threshold that flags at least `recall` of the
    failures. Scores that tie are flagged together. None without failures."""
    _same_length(scores, failed)
    wanted = recall * sum(failed)
    if not wanted:
        return None
    for flagged, hits in _thresholds(scores, failed):
        if hits >= wanted:
            return hits / flagged
    return None


def recall_at_false_alarms(scores: Sequence[float], failed: Sequence[bool], *, rate: float) -> float | None:
    """Largest share of failures flagged by a threshold that flags at most `rate` of the successes. None where
    one of the classes is empty."""
    _same_length(scores, failed)
    positives = sum(failed)
    negatives = len(failed) - positives
    if not positives or not negatives:
        return None
    best = 0.0
    for flagged, hits in _thresholds(scores, failed):
        if flagged - hits <= rate * negatives:
            best = hits / positives
    return best


def _thresholds(scores: Sequence[float], failed: Sequence[bool]) -> list[tuple[int, int]]:
    """(flagged, failures among them) at each distinct score, from the highest down."""
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    found: list[tuple[int, int]] = []
    hits = 0
    for place, i in enumerate(order):
        hits += failed[i]
        if place + 1 == len(order) or scores[order[place + 1]] != scores[i]:
            found.append((place + 1, hits))
    return found


def _same_length(scores: Sequence[float], failed: Sequence[bool]) -> None:
    if len(scores) != len(failed):
        raise ValueError(f"{len(scores)} scores for {len(failed)} outcomes")
