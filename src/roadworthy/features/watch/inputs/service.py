"""Inputs of all agents: their states, kept in the journal, and the alarms of those that changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import orjson
from pydantic import TypeAdapter

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.features.watch.inputs.reference import LEARNED_FROM
from roadworthy.features.watch.inputs.view import InputsNow, InputsPoint, Phase
from roadworthy.features.watch.inputs.watcher import RECENT, AgentInputs, Drifted, Input, Tail

AGENTS_KEPT = 1_000
"""Of one project; the inputs of further ones are not watched."""
_ALARM = TypeAdapter(Alarm)
_RUNS_SHOWN = 20
_CURSOR = "cursor"


@dataclass(slots=True)
class _Kept:
    inputs: AgentInputs
    alarm: Alarm | None = None
    reference: str = ""
    """Id of the reference in the journal."""


@dataclass(slots=True)
class _Project:
    cursor_ns: int = 0
    """All that ended before was looked at."""
    sampled: list[tuple[int, int]] = field(default_factory=list)
    """Of the last windows: runs there were, and runs looked at."""
    agents: dict[str, _Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Inputs of the runs that ended in a window of time, in order; `runs` is how many there were, of which
    `inputs` are all or a sample."""

    until_ns: int
    runs: int
    inputs: Sequence[tuple[str, Input]]
    """With the agent of each."""


class InputsService:
    """Of one installation. Safe to call from several threads. Raises as the journal does."""

    def __init__(self, journal: AlarmJournal) -> None:
        self._journal = journal
        self._lock = threading.Lock()  # protects the states, and their order of commits
        self._projects: dict[str, _Project] = {}

    def cursor(self, project: str) -> int:
        """Unix ns; 0 before the first window."""
        with self._lock:
            return self._of(project).cursor_ns

    def take(
        self,
        project: str,
        window: Window,
        *,
        now_ns: int,
        mark: Callable[[Sequence[Tail]], None] = lambda _: None,
    ) -> int:
        """The next window, whole or not at all: after an error it can be given again. How many alarms were
        raised or cleared. `mark` gets the unusual inputs before the window counts as taken; it is to be
        idempotent."""
        with self._lock:
            try:
                return self._take(project, window, now_ns=now_ns, mark=mark)
            except BaseException:
                # What is in the journal is what was taken.
                self._projects.pop(project, None)
                raise

    def relearn(self, project: str, inputs_id: str, *, now_ns: int) -> bool:
        """Learn the inputs of an agent anew. False where there are none."""
        with self._lock:
            kept = self._of(project).agents.get(inputs_id)
            if kept is None:
                return False
            alarm = None if kept.alarm is None else replace(kept.alarm, cleared_ns=now_ns)
            after = _Kept(inputs=kept.inputs.relearning(), reference=kept.reference)
            parts = _parts(inputs_id, after)
            self._journal.commit(project, parts=parts, alarms=[alarm] if alarm else [])
            after.reference = ""
            self._of(project).agents[inputs_id] = after
            return True

    def forget(self, project: str) -> None:
        """The project was deleted."""
        with self._lock:
            self._journal.delete_project(project)
            self._projects.pop(project, None)

    def all(self, project: str) -> list[InputsNow]:
        """By agent."""
        with self._lock:
            held = self._of(project)
            found = [_now(key, kept, sampled=_share(held.sampled)) for key, kept in held.agents.items()]
        return sorted(found, key=lambda one: one.agent)

    def now(self, project: str, inputs_id: str) -> InputsNow | None:
        with self._lock:
            held = self._of(project)
            kept = held.agents.get(inputs_id)
            return None if kept is None else _now(inputs_id, kept, sampled=_share(held.sampled))

    def history(self, project: str, inputs_id: str) -> list[InputsPoint] | None:
        with self._lock:
            kept = self._of(project).agents.get(inputs_id)
            return None if kept is None else kept.inputs.history()

    def alarms(
        self, project: str, inputs_id: str, *, limit: int, after: tuple[int, str] | None = None
    ) -> list[Alarm]:
        """Newest first, those that are over included."""
        return self._journal.alarms(project, source=inputs_id, limit=limit, after=after)

    def _take(
        self, project: str, window: Window, *, now_ns: int, mark: Callable[[Sequence[Tail]], None]
    ) -> int:
        held = self._of(project)
        touched: dict[str, _Kept] = {}
        tails: list[Tail] = []
        alarms: list[Alarm] = []
        for agent, one in window.inputs:
            key = inputs_id_of(agent)
            kept = held.agents.get(key)
            if kept is None:
                if len(held.agents) >= AGENTS_KEPT:
                    continue
                kept = held.agents[key] = _Kept(inputs=AgentInputs(agent))
            touched[key] = kept
            tail, drifted = kept.inputs.observe(one)
            if tail is not None:
                tails.append(tail)
            if drifted is not None and kept.alarm is None:
                kept.alarm = _alarm(project, key, kept.inputs, drifted, now_ns=now_ns)
                alarms.append(kept.alarm)
            elif kept.alarm is not None and _is_over(kept.alarm, kept.inputs):
                alarms.append(replace(kept.alarm, cleared_ns=now_ns))
                kept.alarm = None
        if tails:
            mark(tails)
        parts: dict[str, bytes | None] = {}
        for key, kept in touched.items():
            parts |= _parts(key, kept)
        held.sampled = [*held.sampled, (window.runs, len(window.inputs))][-240:]
        parts[_CURSOR] = orjson.dumps({"until_ns": window.until_ns, "sampled": held.sampled})
        self._journal.commit(project, parts=parts, alarms=alarms)
        held.cursor_ns = window.until_ns
        for kept in touched.values():
            kept.reference = kept.inputs.reference.id if kept.inputs.reference else ""
        return len(alarms)

    def _of(self, project: str) -> _Project:
        """Under the lock."""
        if project not in self._projects:
            self._projects[project] = _read(self._journal.parts(project))
        return self._projects[project]


def inputs_id_of(agent: str) -> str:
    """An agent's name may hold anything; this goes into a URL."""
    return blake2b(agent.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _parts(key: str, kept: _Kept) -> dict[str, bytes | None]:
    parts = {
        f"{key}/{name}": body for name, body in kept.inputs.to_parts(known_reference=kept.reference).items()
    }
    parts[f"{key}/alarm"] = _ALARM.dump_json(kept.alarm) if kept.alarm else None
    return parts


def _read(parts: Mapping[str, bytes]) -> _Project:
    found = _Project()
    if _CURSOR in parts:
        kept = orjson.loads(parts[_CURSOR])
        found.cursor_ns = kept["until_ns"]
        found.sampled = [(runs, looked_at) for runs, looked_at in kept["sampled"]]
    for name in parts:
        key, _, what = name.partition("/")
        if what != "state":
            continue
        own = {part.partition("/")[2]: body for part, body in parts.items() if part.startswith(f"{key}/")}
        inputs = AgentInputs.from_parts(own)
        alarm = _ALARM.validate_json(own["alarm"]) if "alarm" in own else None
        reference = inputs.reference.id if inputs.reference else ""
        found.agents[key] = _Kept(inputs=inputs, alarm=alarm, reference=reference)
    return found


def _is_over(alarm: Alarm, inputs: AgentInputs) -> bool:
    """Not before all recent inputs came after it: those before it were usual."""
    return inputs.over and inputs.observed - int(alarm.facts["observed"]) >= RECENT


def _share(sampled: Sequence[tuple[int, int]]) -> float | None:
    runs = sum(one for one, _ in sampled)
    return sum(looked_at for _, looked_at in sampled) / runs if runs else None


def _now(key: str, kept: _Kept, *, sampled: float | None) -> InputsNow:
    inputs, reference = kept.inputs, kept.inputs.reference
    evidence, threshold = inputs.standing
    since = kept.alarm.since_ns if kept.alarm else 0
    up, down = inputs.terms(since_ns=since)
    recent = inputs.recent
    return InputsNow(
        id=key,
        agent=inputs.agent,
        phase=Phase.WATCHING if reference else Phase.LEARNING,
        reference_n=reference.n if reference else inputs.learning,
        reference_needed=LEARNED_FROM,
        reference_from_ns=reference.from_ns if reference else 0,
        reference_to_ns=reference.to_ns if reference else 0,
        observed=inputs.observed,
        sampled=sampled,
        evidence=evidence,
        threshold=threshold if reference else 0.0,
        promise=_promise(threshold) if reference else "",
        tail_inputs=inputs.tail_inputs,
        tail_recent=sum(seen.p <= 0.005 for seen in recent) / len(recent) if recent else None,
        recent_n=len(recent),
        drifting=kept.alarm,
        terms_up=up,
        terms_down=down,
        unusual=tuple(inputs.unusual(since_ns=since)),
    )


def _promise(threshold: float) -> str:
    return (
        f"While inputs are drawn like the reference's, a false alarm comes once in {threshold:,.0f} inputs "
        "or more seldom on average, for nine references in ten. Inputs that change with the hour or the "
        "weekday are not drawn alike: a reference that did not see all of it may alarm on that."
    )


def _alarm(project: str, key: str, inputs: AgentInputs, drifted: Drifted, *, now_ns: int) -> Alarm:
    up, down = inputs.terms(since_ns=drifted.began_ns)
    ups, downs = ", ".join(one.term for one in up), ", ".join(one.term for one in down)
    unusual = inputs.unusual(most=_RUNS_SHOWN, since_ns=drifted.began_ns)
    later = inputs.since(drifted.began_ns)
    recent = len(later)
    mean = sum(seen.p for seen in later) / recent
    words = f" More often now: {ups}." if ups else ""
    words += f" More seldom: {downs}." if downs else ""
    return Alarm(
        project=project,
        id=f"inputs-{key}-{drifted.reference}-{drifted.observed}",
        kind=AlarmKind.INPUT_DRIFT,
        source=key,
        source_name=f"Inputs of {inputs.agent}",
        agent=inputs.agent,
        severity=Severity.WARNING,
        title=f"{inputs.agent}: what is asked has changed" + (f" ({ups})" if ups else ""),
        reason=f"The last {recent} inputs are unlike the {LEARNED_FROM} of the reference: of inputs like "
        f"those, {mean:.0%} would be as unusual on average (50 % is expected).{words} Whether answers are "
        "still good is for monitors to say; this only says that the questions are others.",
        at_ns=now_ns,
        since_ns=drifted.began_ns,
        run_ids=tuple(one.run_id for one in unusual),
        facts={
            "reference": drifted.reference,
            "observed": str(drifted.observed),
            "evidence": f"{drifted.evidence:.0f}",
            "threshold": f"{inputs.standing[1]:.0f}",
            "recent": str(recent),
            "mean_p": f"{mean:.4f}",
            "terms_up": ups,
            "terms_down": downs,
        },
    )
