"""OpenSLO v1 documents as objectives. What cannot be mapped is refused, with the name of the field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
from roadworthy.features.watch.objectives.openslo_alerts import alerting_of
from roadworthy.features.watch.objectives.openslo_fields import Fields, OpenSloInvalid, shown
from roadworthy.features.watch.objectives.openslo_words import (
    DAYS,
    DURATION,
    OPS,
    RATIOS,
    SECONDS,
    SOURCE,
    UNITS,
    UTC_NAME,
    VERSION,
)
from roadworthy.features.watch.objectives.periods import FIRST
from roadworthy.kit.yaml_documents import YamlInvalid, read_documents

_KINDS = ("SLO", "SLI", "Service", "DataSource", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
_METHODS = {"Occurrences": Budgeting.OCCURRENCES, "Timeslices": Budgeting.TIMESLICES}


@dataclass(slots=True)
class Documents:
    """By kind and name, as far as they were read."""

    held: dict[str, dict[str, Fields]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    """Display names."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromOpenSlo:
    objectives: tuple[Objective, ...]
    notes: tuple[str, ...]
    """What was read and is not kept, such as labels."""


def objectives_of(text: str, *, project: str) -> FromOpenSlo:
    """Raises OpenSloInvalid."""
    try:
        documents = _sorted(read_documents(text))
    except YamlInvalid as fault:
        raise OpenSloInvalid("body", expected=f"YAML or JSON: {fault}") from None
    _check_the_rest(documents)
    indicators = {name: _indicator(spec) for name, spec in documents.held["SLI"].items()}
    alerting = alerting_of(documents.held)
    objectives: list[Objective] = []
    for name, spec in documents.held["SLO"].items():
        objectives += _objectives(
            spec,
            project=project,
            name=name,
            shown_as=documents.shown["SLO", name],
            indicators=indicators,
            alerting=alerting(spec),
        )
    if not objectives:
        raise OpenSloInvalid("body", expected="at least one document of kind SLO")
    return FromOpenSlo(objectives=tuple(objectives), notes=tuple(documents.notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One metric source of ours."""

    kind: IndicatorKind
    count: str
    score: str
    agent: str
    release: str
    environment: str
    min_events: int


def _sorted(read: list[Any]) -> Documents:
    found = Documents()
    flat = [one for each in read for one in (each if isinstance(each, list) else [each])]
    for number, value in enumerate(flat):
        top = Fields(value, where=f"document {number + 1}")
        top.choice("apiVersion", VERSION)
        kind = top.choice("kind", *_KINDS)
        metadata = top.fields("metadata")
        name = metadata.text("name", most=255)
        where = f"{kind} {name}: "
        for dropped in ("labels", "annotations"):
            if metadata.any(dropped):
                found.notes.append(f"{where}metadata.{dropped} is not kept")
        found.shown[kind, name] = metadata.text("displayName", default="", most=500)
        metadata.done()
        spec = top.any("spec")
        top.done()
        if name in found.held[kind]:
            raise OpenSloInvalid(f"{where}metadata.name", expected="a name no other document of its kind has")
        found.held[kind][name] = Fields(spec if spec is not None else {}, where=f"{where}spec")
    return found


def _check_the_rest(documents: Documents) -> None:
    """Kinds that only have to be understood: a service is the agent that the metric source names."""
    for spec in documents.held["Service"].values():
        spec.text("description", default="")
        spec.done()
    for spec in documents.held["DataSource"].values():
        spec.text("description", default="")
        spec.choice("type", SOURCE)
        if spec.any("connectionDetails"):
            raise spec.bad("connectionDetails", expected="nothing: runs are counted where they are stored")
        spec.done()
    for spec in documents.held["AlertNotificationTarget"].values():
        spec.text("description", default="")
        spec.choice("target", SOURCE)
        spec.done()


def _objectives(
    spec: Fields,
    *,
    project: str,
    name: str,
    shown_as: str,
    indicators: dict[str, _Source],
    alerting: bool,
) -> list[Objective]:
    description = spec.text("description", default="")
    spec.text("service", most=255)
    source = _source_of(spec, indicators)
    window = _window(spec)
    method = _METHODS[spec.choice("budgetingMethod", *_METHODS)]
    targets = spec.list("objectives")
    if not targets or (source.kind not in RATIOS and len(targets) > 1):
        raise spec.bad("objectives", expected="one objective, or with a ratioMetric one or more")
    spec.done()
    made = []
    for number, value in enumerate(targets):
        given = Fields(value, where=f"{spec.at('objectives')}[{number}]")
        own = given.text("displayName", default="", most=500)
        threshold = _threshold(given, source)
        one = Objective(
            project=project,
            id=name if number == 0 else f"{name}-{number + 1}",
            name=(own if len(targets) > 1 else "") or shown_as or own or name,
            description=description,
            agent=source.agent,
            release=source.release,
            environment=source.environment,
            indicator=Indicator(kind=source.kind, threshold=threshold, score=source.score),
            target=_target(given),
            window=window,
            budgeting=method,
            time_slice=_slice(given) if method is Budgeting.TIMESLICES else None,
            min_events=source.min_events,
            alerting=alerting,
        )
        given.done()
        try:
            check(one)
        except ObjectiveInvalid as invalid:
            raise OpenSloInvalid(f"{given.where} ({invalid.field})", expected=invalid.expected) from None
        made.append(one)
    return made


def _source_of(spec: Fields, indicators: dict[str, _Source]) -> _Source:
    if spec.has("indicator") is spec.has("indicatorRef"):
        raise spec.bad("indicator", expected="this or indicatorRef, one of the two")
    if spec.has("indicatorRef"):
        name = spec.text("indicatorRef")
        if name not in indicators:
            raise spec.bad("indicatorRef", expected=f"the name of an SLI in the same file, not {shown(name)}")
        return indicators[name]
    inline = spec.fields("indicator")
    if inline.has("metadata"):
        inline.any("metadata")
    found = _indicator(inline.fields("spec"))
    inline.done()
    return found


def _indicator(spec: Fields) -> _Source:
    spec.text("description", default="")
    if spec.has("thresholdMetric") is spec.has("ratioMetric"):
        raise spec.bad("ratioMetric", expected="this or thresholdMetric, one of the two")
    if spec.has("thresholdMetric"):
        found = _source(spec.fields("thresholdMetric"), kinds=tuple(OPS), count=())
    else:
        ratio = spec.fields("ratioMetric")
        for raw in ("raw", "rawType"):
            if ratio.has(raw):
                raise ratio.bad(raw, expected="nothing: good (or bad) and total are counted here")
        ratio.flag("counter", default=True)
        if ratio.has("good") is ratio.has("bad"):
            raise ratio.bad("good", expected="this or bad, one of the two")
        part = "good" if ratio.has("good") else "bad"
        found = _source(ratio.fields(part), kinds=RATIOS, count=(part,))
        total = _source(ratio.fields("total"), kinds=RATIOS, count=("total",))
        if (found.kind, found.agent, found.release, found.environment) != (
            total.kind,
            total.agent,
            total.release,
            total.environment,
        ):
            raise ratio.bad("total", expected=f"the same indicator, agent, release and environment as {part}")
        ratio.done()
    spec.done()
    return found


def _source(metric: Fields, *, kinds: tuple[IndicatorKind, ...], count: tuple[str, ...]) -> _Source:
    source = metric.fields("metricSource")
    source.choice("type", SOURCE, default=SOURCE if source.has("metricSourceRef") else None)
    source.any("metricSourceRef")
    given = source.fields("spec")
    kind = IndicatorKind(given.choice("indicator", *kinds))
    least = given.number("minEvents", default=20)
    if least != int(least):
        raise given.bad("minEvents", expected=f"a whole number, not {least}")
    found = _Source(
        kind=kind,
        count=given.choice("count", *count, default=count[0]) if count else "",
        score=given.text("score") if kind is IndicatorKind.SCORE else "",
        agent=given.text("agent", most=500),
        release=given.text("release", default="", most=500),
        environment=given.text("environment", default="", most=500),
        min_events=int(least),
    )
    for one in (given, source, metric):
        one.done()
    return found


def _window(spec: Fields) -> TimeWindow:
    windows = spec.list("timeWindow", default=[{"duration": "28d", "isRolling": True}])
    if len(windows) != 1:
        raise spec.bad("timeWindow", expected=f"exactly one window, not {len(windows)}")
    given = Fields(windows[0], where=f"{spec.at('timeWindow')}[0]")
    number, letter = _duration(given, "duration")
    rolling = given.flag("isRolling", default=not given.has("calendar"))
    if rolling:
        if letter in ("m", "h"):
            raise given.bad("duration", expected="whole days, weeks, months, quarters or years")
        found = TimeWindow(days=number * DAYS[letter])
    else:
        units: dict[str, CalendarUnit] = {letter: unit for unit, letter in UNITS.items()}
        if letter not in units:
            raise given.bad("duration", expected="days, weeks, months, quarters or years of a calendar")
        calendar = given.fields("calendar")
        start, zone = calendar.text("startTime"), calendar.text("timeZone")
        calendar.done()
        found = TimeWindow(
            unit=units[letter],
            count=number,
            start="" if start == FIRST else start,
            time_zone="UTC" if zone == UTC_NAME else zone,
        )
    given.done()
    return found


def _duration(given: Fields, name: str) -> tuple[int, str]:
    text = given.text(name)
    matched = DURATION.fullmatch(text)
    if matched is None:
        raise given.bad(name, expected=f"a number and one of m h d w M Q Y, like 28d, not {shown(text)}")
    return int(matched[1]), matched[2]


def _threshold(given: Fields, source: _Source) -> float | None:
    if source.kind in RATIOS:
        # The specification lets examples carry an operator where nothing is compared.
        given.any("op")
        if given.has("value"):
            raise given.bad("value", expected="nothing: a ratioMetric is not compared")
        return None
    given.choice("op", OPS[source.kind])
    return given.number("value")


def _target(given: Fields) -> float:
    if given.has("target") is given.has("targetPercent"):
        raise given.bad("target", expected="this or targetPercent, one of the two")
    if given.has("target"):
        return given.number("target")
    # 99.9 / 100 is 0.9990000000000001.
    return round(given.number("targetPercent") / 100, 12)


def _slice(given: Fields) -> TimeSlice:
    if isinstance(given.peek("timeSliceWindow"), str):
        number, letter = _duration(given, "timeSliceWindow")
        if letter not in SECONDS:
            raise given.bad("timeSliceWindow", expected="minutes or an hour")
        seconds = number * SECONDS[letter]
    else:
        seconds = int(given.number("timeSliceWindow") * 60)
    return TimeSlice(seconds=seconds, target=given.number("timeSliceTarget"))
