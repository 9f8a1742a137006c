"""OpenSLO v1: what goes out fits the specification and comes in as it was; what cannot be is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.objective import (
    Budgeting,
    CalendarUnit,
    Indicator,
    IndicatorKind,
    Objective,
    TimeSlice,
    TimeWindow,
)
from roadworthy.features.watch.objectives.book import ObjectiveInvalid, check
from roadworthy.features.watch.objectives.openslo_fields import OpenSloInvalid
from roadworthy.features.watch.objectives.openslo_in import objectives_of
from roadworthy.features.watch.objectives.openslo_out import openslo_of
from roadworthy.features.watch.objectives.openslo_words import RATIOS
from tests.unit.watch.objectives import openslo_schema
from tests.unit.watch.objectives.runs import objective

_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(str.strip)
_SHARES = st.floats(0.01, 0.99999).map(lambda share: round(share, 6))
_INDICATORS = st.one_of(
    st.sampled_from(RATIOS).map(lambda kind: Indicator(kind=kind)),
    st.builds(
        Indicator,
        kind=st.sampled_from([IndicatorKind.LATENCY, IndicatorKind.COST]),
        threshold=st.floats(0.001, 1e6),
    ),
    st.builds(Indicator, kind=st.just(IndicatorKind.SCORE), threshold=st.floats(-5, 100), score=_WORDS),
)
_WINDOWS = st.one_of(
    st.builds(TimeWindow, days=st.integers(1, 366)),
    st.builds(
        TimeWindow,
        unit=st.sampled_from(CalendarUnit),
        count=st.just(1),
        start=st.sampled_from(["", "2025-03-03 06:30:00", "2024-02-29 00:00:00"]),
        time_zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
    ),
)
_OBJECTIVES = st.builds(
    Objective,
    project=st.just("default"),
    id=st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,40}[a-z0-9])?", fullmatch=True),
    name=_WORDS,
    agent=_WORDS,
    indicator=_INDICATORS,
    target=_SHARES,
    window=_WINDOWS,
    release=st.one_of(st.just(""), _WORDS),
    environment=st.one_of(st.just(""), _WORDS),
    min_events=st.integers(1, 1000),
    alerting=st.booleans(),
    description=st.one_of(st.just(""), _WORDS),
)


@settings(max_examples=150, deadline=None)
@given(one=_OBJECTIVES, sliced=st.booleans())
def test_out_and_in_again_is_the_same(one: Objective, sliced: bool) -> None:
    if sliced:
        slices = TimeSlice(seconds=300, target=0.9)
        one = replace(one, budgeting=Budgeting.TIMESLICES, time_slice=slices)
    check(one)

    text = openslo_of([one])

    for document in yaml.safe_load_all(text):
        openslo_schema.check(document)
    read = objectives_of(text, project="default")
    assert read.objectives == (one,)
    assert read.notes == ()
    assert openslo_of(read.objectives) == text


_THEIRS = """
apiVersion: openslo/v1
kind: SLI
metadata: {name: support-completion}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: here, spec: {indicator: completion, agent: support}}}
    total: {metricSource: {type: roadworthy, spec: {indicator: completion, agent: support}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: here}
spec: {type: roadworthy}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: support, labels: {team: [care]}}
spec:
  service: care
  indicatorRef: support-completion
  timeWindow:
    - duration: 1M
      calendar: {startTime: 2026-01-01 00:00:00, timeZone: America/New_York}
  budgetingMethod: Occurrences
  objectives:
    - {displayName: Good, targetPercent: 99.9}
    - {displayName: Fine, target: 0.99}
"""


def test_a_file_that_others_wrote() -> None:
    read = objectives_of(_THEIRS, project="p")

    first, second = read.objectives
    assert (first.id, first.name, first.target) == ("support", "Good", 0.999)
    assert (second.id, second.name, second.target) == ("support-2", "Fine", 0.99)
    assert first.window == TimeWindow(
        unit=CalendarUnit.MONTH, start="2026-01-01 00:00:00", time_zone="America/New_York"
    )
    assert not first.alerting
    assert read.notes == ("SLO support: metadata.labels is not kept",)


def _changed(*path: str | int, to: Any) -> str:
    """Our own document of one objective, with one value changed (None takes it away)."""
    documents = list(yaml.safe_load_all(openslo_of([objective()])))
    kind, *rest = path
    at: Any = next(one for one in documents if one["kind"] == kind)
    for step in rest[:-1]:
        at = at[step]
    if to is None:
        del at[rest[-1]]
    else:
        at[rest[-1]] = to
    return yaml.safe_dump_all(documents)


_GOOD = ("SLO", "spec", "indicator", "spec", "ratioMetric", "good", "metricSource")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (_changed(*_GOOD, "type", to="Prometheus"), "ratioMetric.good.metricSource.type"),
        (_changed(*_GOOD, "spec", "indicator", to="uptime"), "good.metricSource.spec.indicator"),
        (_changed(*_GOOD, "spec", "query", to="sum(x)"), "good.metricSource.spec.query"),
        (_changed(*_GOOD, "spec", "agent", to="billing"), "ratioMetric.total"),
        (_changed(*_GOOD, "spec", "agent", to=None), "good.metricSource.spec.agent"),
        (_changed("SLO", "spec", "budgetingMethod", to="RatioTimeslices"), "spec.budgetingMethod"),
        (_changed("SLO", "spec", "budgetingMethod", to="Timeslices"), "objectives[0].timeSliceWindow"),
        (_changed("SLO", "spec", "objectives", 0, "target", to=1.0), "objectives[0] (target)"),
        (_changed("SLO", "spec", "objectives", 0, "target", to="much"), "objectives[0].target"),
        (_changed("SLO", "spec", "objectives", 0, "target", to=None), "objectives[0].target"),
        (_changed("SLO", "spec", "objectives", 0, "value", to=3), "objectives[0].value"),
        (_changed("SLO", "spec", "objectives", 0, "compositeWeight", to=1), "objectives[0].compositeWeight"),
        (_changed("SLO", "spec", "timeWindow", 0, "duration", to="36h"), "timeWindow[0].duration"),
        (_changed("SLO", "spec", "timeWindow", 0, "duration", to="0d"), "timeWindow[0].duration"),
        (_changed("SLO", "spec", "timeWindow", 0, "isRolling", to=False), "timeWindow[0].calendar"),
        (_changed("SLO", "spec", "alertPolicies", to=["burn-rate-fast"]), "spec.alertPolicies"),
        (_changed("SLO", "spec", "alertPolicies", to=["mine"]), "spec.alertPolicies[0]"),
        (_changed("SLO", "metadata", "name", to="Not A Name"), "(id)"),
        (_changed("SLO", "apiVersion", to="openslo/v2alpha"), "document 2.apiVersion"),
        (_changed("AlertCondition", "spec", "condition", "threshold", to=2), "spec.condition.threshold"),
        (_changed("AlertPolicy", "spec", "alertWhenNoData", to=True), "spec.alertWhenNoData"),
        (_changed("AlertNotificationTarget", "spec", "target", to="slack"), "spec.target"),
        ("kind: SLO", "apiVersion"),
        ("[]", "body"),
        ("just text", "document 1"),
        ("a: &x 1\nb: *x", "body"),
        ("a: 1\na: 2", "body"),
        ("a: !!python/object/apply:os.system ['true']", "body"),
        ("{", "body"),
        ("[" * 500, "body"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_its_field(text: str, field: str) -> None:
    with pytest.raises(OpenSloInvalid) as refused:
        objectives_of(text, project="default")
    assert field in refused.value.field
    assert refused.value.expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(OpenSloInvalid):
        objectives_of(text, project="default")


def test_an_objective_that_could_not_be_kept_is_not_read() -> None:
    with pytest.raises(ObjectiveInvalid, match="target"):
        check(objective(target=float("nan")))
