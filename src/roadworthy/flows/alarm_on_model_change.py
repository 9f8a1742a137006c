"""When another model answers than did before, then an alarm is raised: providers change models silently.

What an upstream (`provider/model`) is asked for is pinned; the name its answers give themselves is learned
from the first one, since most providers answer with a dated name (gpt-4o answers as gpt-4o-2024-08-06). A
name never seen before is a change, raised once; where a dated name is pinned, so is a first answer that names
another one. Answers that drills made, and cached ones, say nothing.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import orjson

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.exchange import Ending, Exchange, ExchangeKind

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
SETTLED_NS = 10_000_000_000
"""So long after a call its run is known, where it has one."""
_AT_ONCE = 1_000
_NAMES_KEPT = 30
_UPSTREAMS_KEPT = 2_000
_RUNS_SHOWN = 20
_POSITION = "model_change.position"
_NAMES = "model_change.names"
_ALL = ""
"""Where the position is kept: it is of all projects."""

_DATED = re.compile(r"\d{4}-?\d{2}-?\d{2}")
RunsOf = Callable[[str, Sequence[str]], Mapping[str, str]]
"""(project, ids of exchanges) to the runs of those that are known."""


@dataclass(slots=True)
class _Project:
    names: dict[str, list[str]]
    """By upstream, the names its answers gave themselves; the last one came last."""
    changed: bool = False
    shown: dict[tuple[str, str], list[Exchange]] = field(default_factory=dict)
    """Answers of a name that is new, by upstream and name: the first one, and others of the same reading."""
    before: dict[tuple[str, str], str] = field(default_factory=dict)


class AlarmOnModelChange:
    """`refresh` from one thread, idempotent: an alarm's id is made of what changed. Raises StoreUnavailable
    and StoreFull: nothing is lost then."""

    def __init__(
        self,
        exchanges: ExchangeReader,
        journal: AlarmJournal,
        *,
        runs_of: RunsOf = lambda _project, _ids: {},
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._exchanges = exchanges
        self._journal = journal
        self._runs_of = runs_of
        self._now_ns = now_ns
        self._position: int | None = None

    def refresh(self) -> int:
        """How many alarms were raised."""
        raised = 0
        if self._position is None:
            held = self._journal.parts(_ALL).get(_POSITION)
            self._position = int(held) if held else 0
        while True:
            rows = self._exchanges.since(self._position, limit=_AT_ONCE)
            settled = [row for row in rows if not self._too_new(row.exchange)]
            # In order: what is too new holds up what came after it, for some seconds.
            ready = rows[
                : next((at for at, row in enumerate(rows) if self._too_new(row.exchange)), len(rows))
            ]
            if not ready:
                return raised
            raised += self._take([row.exchange for row in ready])
            self._position = ready[-1].number
            self._journal.commit(_ALL, parts={_POSITION: str(self._position).encode()})
            if len(ready) < _AT_ONCE or not settled:
                return raised

    def _too_new(self, exchange: Exchange) -> bool:
        age = self._now_ns() - exchange.started_ns
        return 0 <= age < SETTLED_NS

    def _take(self, exchanges: Sequence[Exchange]) -> int:
        projects: dict[str, _Project] = {}
        for one in exchanges:
            if _tells(one):
                project = projects.get(one.project)
                if project is None:
                    project = projects[one.project] = self._known(one.project)
                _learn(project, one)
        raised = 0
        for name, project in projects.items():
            alarms = [
                self._alarm(name, key, shown, before=project.before[key])
                for key, shown in project.shown.items()
            ]
            if project.changed:
                parts = {_NAMES: orjson.dumps(project.names)}
                self._journal.commit(name, parts=parts, alarms=alarms)
            raised += len(alarms)
        return raised

    def _known(self, project: str) -> _Project:
        held = self._journal.parts(project).get(_NAMES)
        return _Project(names=orjson.loads(held) if held else {})

    def _alarm(self, project: str, key: tuple[str, str], shown: Sequence[Exchange], *, before: str) -> Alarm:
        upstream, answered = key
        first = shown[0]
        runs = self._runs_of(project, [one.id for one in shown])
        run_ids = dict.fromkeys(run for one in shown if (run := runs.get(one.id) or one.binding.run_id))
        agents = sorted({one.agent for one in shown if one.agent})
        return Alarm(
            project=project,
            id=blake2b(f"{project}\n{upstream}\n{answered}".encode(), digest_size=16).hexdigest(),
            kind=AlarmKind.MODEL_CHANGE,
            source=f"model:{upstream}",
            source_name=upstream,
            agent=first.agent,
            release=first.release,
            severity=Severity.WARNING,
            title=f"{upstream} answers as {answered}, {_not_as(first, before)} {before}",
            reason=(
                f"Route {first.target} asks {upstream} for {first.pinned}. {_said(first, before)} this call "
                f"they say {answered}. Nothing was changed here: the provider answers with another model "
                "under the same name. Compare outcomes and cost since then, or pin a dated name."
            ),
            at_ns=first.started_ns,
            since_ns=first.started_ns,
            run_ids=tuple(run_ids)[:_RUNS_SHOWN],
            facts={
                "route": first.target,
                "upstream": upstream,
                "pinned": first.pinned,
                "before": before,
                "answered": answered,
                "exchange": first.id,
                "agents": ", ".join(agents[:20]),
            },
        )


def _said(first: Exchange, before: str) -> str:
    if before == first.pinned:
        return "Answers were to be from that model; in"
    return f"Its answers said they were from {before}; since"


def _not_as(first: Exchange, before: str) -> str:
    return "not as" if before == first.pinned else "no longer as"


def _tells(one: Exchange) -> bool:
    return (
        one.kind is ExchangeKind.MODEL
        and one.ending is Ending.COMPLETE
        and one.failure is None
        and not one.cached
        and not one.fault
        and not one.drill
        and bool(one.answered and one.upstream)
    )


def _learn(project: _Project, one: Exchange) -> None:
    names = project.names.get(one.upstream)
    if names is None:
        if len(project.names) >= _UPSTREAMS_KEPT:
            return
        project.changed = True
        if not _another(one.pinned, one.answered):
            project.names[one.upstream] = [one.answered]
            return
        names = project.names[one.upstream] = [one.pinned]
    key = (one.upstream, one.answered)
    if key in project.shown:
        project.shown[key].append(one)
        return
    if one.answered in names:
        return
    project.before[key] = names[-1]
    project.shown[key] = [one]
    project.names[one.upstream] = [*names[-_NAMES_KEPT + 1 :], one.answered]
    project.changed = True


def _another(pinned: str, answered: str) -> bool:
    """Whether a dated name was pinned and the answer is from a model of another: aliases and the deployments
    of one's own are named as one likes."""
    dated = _DATED.search(pinned)
    return dated is not None and dated[0].replace("-", "") not in answered.replace("-", "")
