"""Every fault of a drill, in one visible table: what goes wrong in the world, and in which calls it can."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.domain.exchange import Dialect, ExchangeKind

MODEL = frozenset({ExchangeKind.MODEL})
TOOL = frozenset({ExchangeKind.TOOL})
BOTH = MODEL | TOOL


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    name: str
    """Public: it stands in exchanges and reports, and is never renamed."""
    title: str
    what: str
    """One sentence: what the agent gets."""
    at: frozenset[ExchangeKind]
    settings: dict[str, float] = field(default_factory=dict)
    """Names with what they are where nobody says (seconds, factors)."""


FAULTS: tuple[FaultKind, ...] = (
    FaultKind(
        name="timeout",
        title="Time-out",
        what="No byte comes back; the call ends as one that ran out of time.",
        at=BOTH,
        settings={"after_s": 0.5},
    ),
    FaultKind(
        name="rate_limited",
        title="429",
        what="Refused as one call too many, with Retry-After.",
        at=BOTH,
        settings={"retry_after_s": 1.0},
    ),
    FaultKind(
        name="server_error",
        title="500",
        what="The upstream says that it failed.",
        at=BOTH,
    ),
    FaultKind(
        name="slow",
        title="Slow",
        what="The first byte is late, and each one after it.",
        at=BOTH,
        settings={"first_s": 2.0, "between_s": 0.2},
    ),
    FaultKind(
        name="truncated",
        title="Truncated body",
        what="The answer is cut off in the middle; of a tool, its data is.",
        at=BOTH,
    ),
    FaultKind(
        name="empty",
        title="Empty result",
        what="An answer with nothing in it, where there is something.",
        at=BOTH,
    ),
    FaultKind(
        name="stale",
        title="Stale data",
        what="Data as old as `age_s`: what says how old it is says so.",
        at=TOOL,
        settings={"age_s": 45 * 86_400.0},
    ),
    FaultKind(
        name="wrong_schema",
        title="Wrong schema",
        what="A field is renamed, missing, or of another type.",
        at=TOOL,
    ),
    FaultKind(
        name="wrong_units",
        title="Wrong units",
        what="A quantity is in another unit: cents for euros, metres for kilometres.",
        at=TOOL,
        settings={"factor": 0.0},
    ),
    FaultKind(
        name="duplicated",
        title="Duplicated record",
        what="One of the records is there twice.",
        at=TOOL,
    ),
    FaultKind(
        name="injected",
        title="Injected instruction",
        what="A text in the result tells the agent to do something else.",
        at=TOOL,
    ),
    FaultKind(
        name="refusal",
        title="Model refusal",
        what="The model declines, in the shape its dialect has for it.",
        at=MODEL,
    ),
    FaultKind(
        name="model_swap",
        title="Model swap",
        what="Another model answers, under its own name, and not to the point.",
        at=MODEL,
    ),
)

BY_NAME = {one.name: one for one in FAULTS}

_NOT_IN = {("refusal", Dialect.OPENAI_EMBEDDINGS)}
"""Embeddings have no shape for declining."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """Which exchange of a run gets which fault. Pure: the same plan does the same to the same bytes."""

    fault: str
    kind: ExchangeKind
    target: str = ""
    """The route or `connector.tool`; "" for any."""
    occurrence: int = 1
    """Of the exchanges of the run that `kind` and `target` fit, from 1."""
    times: int = 1
    """How many in a row from that one on; 0 for all that come."""
    seed: int = 0
    settings: tuple[tuple[str, float], ...] = ()

    def fits(self, *, kind: ExchangeKind, target: str) -> bool:
        return kind is self.kind and self.target in ("", target)

    def covers(self, occurrence: int) -> bool:
        """`occurrence` counts the exchanges that fit."""
        late = occurrence - self.occurrence
        return late >= 0 and (self.times == 0 or late < self.times)

    def setting(self, name: str) -> float:
        """Raises KeyError for one that the fault does not have."""
        return dict(self.settings).get(name, BY_NAME[self.fault].settings[name])


def applies(fault: str, *, kind: ExchangeKind, dialect: Dialect | None = None) -> bool:
    return kind in BY_NAME[fault].at and (fault, dialect) not in _NOT_IN


class BadFault(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` of what was asked is not what was expected."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


def check(plan: PlannedFault) -> None:
    """Raises BadFault."""
    known = BY_NAME.get(plan.fault)
    if known is None:
        raise BadFault("fault", f"no fault {plan.fault!r}; expected one of {', '.join(BY_NAME)}")
    if plan.kind not in known.at:
        raise BadFault("kind", f"{plan.fault} is no fault of a {plan.kind.value} call")
    if plan.occurrence < 1 or plan.times < 0:
        raise BadFault("occurrence", "expected occurrence >= 1 and times >= 0")
    for name, value in plan.settings:
        if name not in known.settings:
            allowed = ", ".join(known.settings) or "none"
            raise BadFault("settings", f"{plan.fault} has no setting {name!r}; it has: {allowed}")
        if not 0 <= value <= 10_000_000_000:
            raise BadFault("settings", f"{name}: expected a number of at least 0")
