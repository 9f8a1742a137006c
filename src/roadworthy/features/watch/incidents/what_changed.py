"""What was not so before: an incident's window beside the time before it, for releases, models, upstreams,
errors and inputs.

A share counts as changed where its 95 % intervals (Wilson) in the two windows do not meet and it moved by
five points at least: with many things looked at, small differences are there by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, Filter, Op, TelemetryStore
from roadworthy.domain.incident import Change, ChangeKind
from roadworthy.stats.intervals import wilson

_SECOND = 1_000_000_000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
SHORTEST_NS = _HOUR // 4
LONGEST_NS = _DAY
BEFORE_LEAST_NS = _DAY
AGENTS_LOOKED_AT = 1_000
PLACED = 12
"""Changes whose first moment is looked up."""
_ROWS = 10_000
_STEP = 0.05
_NEW_SHARE = 0.05
_GONE_SHARE = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """[before_ns, start_ns) is the reference, [start_ns, end_ns) is looked at."""

    before_ns: int
    start_ns: int
    end_ns: int


def windows(*, at_ns: int, since_ns: int) -> Windows:
    """Around an alarm raised at `at_ns` about a change that began at `since_ns` (0: unknown)."""
    length = at_ns - since_ns if since_ns else _HOUR
    length = min(max(length, SHORTEST_NS), LONGEST_NS)
    start = at_ns - length
    return Windows(before_ns=start - max(BEFORE_LEAST_NS, 7 * length), start_ns=start, end_ns=at_ns + 1)


class WhatChanged:
    """Reads runs of the telemetry store; raises what that raises."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store

    def of(self, project: str, agents: Sequence[str], window: Windows, /) -> dict[str, list[Change]]:
        """By agent, the weightiest first; agents without runs in the window are left out. Some ten reads,
        however many agents there are."""
        agents = list(dict.fromkeys(one for one in agents if one))[:AGENTS_LOOKED_AT]
        if not agents:
            return {}
        whose = (Filter(field="agent", op=Op.IN, value=tuple(agents)),)
        both = _Both(self._store, project, whose, window)
        found: dict[str, list[Change]] = {agent: [] for agent in both.now}
        for agent, changes in found.items():
            changes += _appeared(agent, both, "release", ChangeKind.RELEASE)
            changes += _appeared(agent, both, "models", ChangeKind.MODEL)
            changes += _failing(agent, both)
            changes += _errors(agent, both)
            changes += _amounts(agent, both)
        return self._placed(project, window, found)

    def _placed(
        self, project: str, window: Windows, found: Mapping[str, Sequence[Change]]
    ) -> dict[str, list[Change]]:
        """Releases and models with when they were first seen."""
        left = PLACED
        placed: dict[str, list[Change]] = {}
        for agent, changes in found.items():
            placed[agent] = []
            for change in changes:
                field = {ChangeKind.RELEASE: "release", ChangeKind.MODEL: "models"}.get(change.kind)
                if field and left:
                    left -= 1
                    at_ns = self._first(project, window, agent, field, change.what)
                    change = _at(change, at_ns)
                placed[agent].append(change)
        return placed

    def _first(self, project: str, window: Windows, agent: str, field: str, value: str, /) -> int:
        query = AggregateQuery(
            bucket_ns=60 * _SECOND,
            filters=(
                Filter(field="agent", op=Op.EQ, value=agent),
                Filter(field=field, op=Op.EQ, value=value),
            ),
            from_ns=window.start_ns - (window.end_ns - window.start_ns),
            to_ns=window.end_ns,
            limit=_ROWS,
        )
        rows = self._store.aggregate(project, query)
        return min((row.bucket_start_ns for row in rows if row.runs), default=0)


class _Both:
    """The same counts of the two windows, by agent."""

    def __init__(
        self, store: TelemetryStore, project: str, whose: tuple[Filter, ...], window: Windows, /
    ) -> None:
        self._store = store
        self._project = project
        self._whose = whose
        self._window = window
        self.now = self._totals(window.start_ns, window.end_ns)
        self.before = self._totals(window.before_ns, window.start_ns)
        self._counted: dict[tuple[str, bool], dict[str, dict[str, int]]] = {}

    @property
    def lengths(self) -> tuple[int, int]:
        """Of the window and the reference, ns."""
        one = self._window
        return one.end_ns - one.start_ns, one.start_ns - one.before_ns

    def counts(self, field: str, *, now: bool) -> dict[str, dict[str, int]]:
        """Agent → value of the field → runs."""
        key = (field, now)
        if key not in self._counted:
            one = self._window
            span = (one.start_ns, one.end_ns) if now else (one.before_ns, one.start_ns)
            by: dict[str, dict[str, int]] = {}
            for row in self._rows(("agent", field), *span):
                by.setdefault(row.group[0], {})[row.group[1]] = row.runs
            self._counted[key] = by
        return self._counted[key]

    def _totals(self, from_ns: int, to_ns: int) -> dict[str, AggregateRow]:
        return {row.group[0]: row for row in self._rows(("agent",), from_ns, to_ns)}

    def _rows(self, by: tuple[str, ...], from_ns: int, to_ns: int) -> list[AggregateRow]:
        query = AggregateQuery(by=by, filters=self._whose, from_ns=from_ns, to_ns=to_ns, limit=_ROWS)
        return self._store.aggregate(self._project, query)


def _appeared(agent: str, both: _Both, field: str, kind: ChangeKind) -> list[Change]:
    """Values that hardly any run had, and some have now. An agent without a past has no new ones."""
    runs, runs_before = both.now[agent].runs, _runs(both.before.get(agent))
    if not runs_before:
        return []
    before = both.counts(field, now=False).get(agent, {})
    found = []
    for value, count in both.counts(field, now=True).get(agent, {}).items():
        was, n = before.get(value, 0), max(runs, count)
        if value and count / n >= _NEW_SHARE and was / runs_before <= _GONE_SHARE:
            found.append(
                Change(
                    agent=agent,
                    kind=kind,
                    what=value,
                    before=_share(was, runs_before),
                    after=_share(count, n),
                    shared=f"model:{value}" if kind is ChangeKind.MODEL else "",
                )
            )
    return sorted(found, key=lambda one: one.what)


def _failing(agent: str, both: _Both) -> list[Change]:
    """Upstreams (tools) that fail in more of the runs that use them."""
    used, used_before = (both.counts("tools", now=now).get(agent, {}) for now in (True, False))
    failed, failed_before = (both.counts("failed_tools", now=now).get(agent, {}) for now in (True, False))
    found = []
    for tool, count in failed.items():
        n, n_before = max(used.get(tool, 0), count), max(used_before.get(tool, 0), failed_before.get(tool, 0))
        was = failed_before.get(tool, 0)
        if tool and _moved(was, n_before, count, n) and count / n > (was / n_before if n_before else 0.0):
            found.append(
                Change(
                    agent=agent,
                    kind=ChangeKind.UPSTREAM,
                    what=f"{tool} fails",
                    before=_share(was, n_before),
                    after=_share(count, n),
                    shared=f"upstream:{tool}",
                )
            )
    return sorted(found, key=lambda one: one.what)


def _errors(agent: str, both: _Both) -> list[Change]:
    runs, runs_before = both.now[agent].runs, _runs(both.before.get(agent))
    now = both.counts("error_type", now=True).get(agent, {})
    before = both.counts("error_type", now=False).get(agent, {})
    return [
        Change(
            agent=agent,
            kind=ChangeKind.ERROR,
            what=name,
            before=_share(before.get(name, 0), runs_before),
            after=_share(count, max(runs, count)),
        )
        for name, count in sorted(now.items())
        if name
        and _moved(before.get(name, 0), runs_before, count, runs)
        and count / runs > (before.get(name, 0) / runs_before if runs_before else 0.0)
    ]


def _amounts(agent: str, both: _Both) -> list[Change]:
    """How much is asked, and how long what is asked is."""
    row, past = both.now[agent], both.before.get(agent)
    if past is None or past.runs < 20:
        return []
    found = []
    length, length_before = both.lengths
    rate, rate_before = row.runs / length * _HOUR, past.runs / length_before * _HOUR
    if row.runs >= 20 and rate >= 3 * rate_before:
        found.append(_amount(agent, ChangeKind.VOLUME, "", rate_before, rate, "runs an hour"))
    tokens, tokens_before = _tokens(row), _tokens(past)
    if row.tokens_known >= 20 and tokens and tokens_before and not 0.5 < tokens / tokens_before < 2:
        said = "tokens read by a run"
        found.append(_amount(agent, ChangeKind.INPUT, "length", tokens_before, tokens, said))
    return found


def _amount(agent: str, kind: ChangeKind, what: str, /, before: float, after: float, unit: str) -> Change:
    return Change(
        agent=agent, kind=kind, what=what, before=f"{before:,.0f} {unit}", after=f"{after:,.0f} {unit}"
    )


def _tokens(row: AggregateRow) -> float:
    return (row.input_tokens or 0) / row.tokens_known if row.tokens_known else 0.0


def _moved(was: int, n_before: int, count: int, n: int) -> bool:
    """Whether the share of `count` in `n` is another one than that of `was` in `n_before`."""
    now, before = wilson(min(count, n), n=n), wilson(min(was, n_before), n=n_before)
    if now is None or n < 5:
        return False
    if before is None:
        return False
    apart = now.low > before.high or now.high < before.low
    return apart and abs(count / n - was / n_before) >= _STEP


def _share(count: int, n: int) -> str:
    if not n:
        return "no runs"
    return f"{100 * count / n:.1f} % of {n} runs"


def _runs(row: AggregateRow | None) -> int:
    return 0 if row is None else row.runs


def _at(change: Change, at_ns: int) -> Change:
    return Change(
        agent=change.agent,
        kind=change.kind,
        what=change.what,
        before=change.before,
        after=change.after,
        at_ns=at_ns,
        shared=change.shared,
    )
