"""The issues of a project: what is kept of them, and what people decided about them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.run import Run
from roadworthy.features.judge.issue_history import IssueDeed, IssueStep, step_from, with_step
from roadworthy.features.judge.issues import IssueKey

KIND = "issue"
ISSUES_KEPT = 5_000
"""Of one project. More say that shapes fail to hold errors together; those runs keep their findings."""


class IssueState(StrEnum):
    OPEN = "open"
    MUTED = "muted"
    RESOLVED = "resolved"
    REGRESSED = "regressed"
    """It was resolved, and a run that started later belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    project: str
    id: str
    title: str
    detector: str
    mode: str = ""
    tool: str = ""
    agent: str = ""
    shape: str = ""
    cluster: str = ""
    state: IssueState = IssueState.OPEN
    assignee: str = ""
    first_seen_ns: int = 0
    """Start of the first run that belonged to it."""
    muted_until_ns: int = 0
    """0: until somebody says otherwise."""
    resolved_ns: int = 0
    resolved_in_release: str = ""
    changed_ns: int = 0
    changed_by: str = ""
    history: tuple[IssueStep, ...] = ()
    """Oldest first."""

    @property
    def regression(self) -> IssueStep | None:
        """How it came back, where that is how it stands."""
        if self.state is not IssueState.REGRESSED:
            return None
        return next((one for one in reversed(self.history) if one.deed is IssueDeed.REGRESSED), None)


class IssueBook:
    """Safe to call from several threads. Raises MetadataUnavailable as the store does."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._lock = threading.Lock()  # protects the table of what is known
        self._known: dict[str, dict[str, Issue]] = {}

    def note(self, run: Run, keys: Sequence[IssueKey]) -> tuple[str, ...]:
        """The ids of the issues; those not known yet are entered, those resolved before the run are opened
        again."""
        if not keys:
            return ()
        fresh: list[Issue] = []
        with self._lock:
            known = self._of(run.project)
            for key in keys:
                issue = known.get(key.id)
                if issue is None:
                    if len(known) >= ISSUES_KEPT:
                        continue
                    fresh.append(_entered(run, key))
                    known[key.id] = fresh[-1]
                elif issue.state is IssueState.RESOLVED and _after(run, issue):
                    fresh.append(_come_back(issue, run))
                    known[key.id] = fresh[-1]
            if fresh:
                try:
                    self._metadata.save_records([_record(issue) for issue in fresh])
                except BaseException:
                    self._known.pop(run.project, None)
                    raise
            return tuple(key.id for key in keys if key.id in known)

    def issues(self, project: str) -> list[Issue]:
        with self._lock:
            return [_awake(issue) for issue in self._of(project).values()]

    def issue(self, project: str, issue_id: str) -> Issue | None:
        with self._lock:
            issue = self._of(project).get(issue_id)
            return None if issue is None else _awake(issue)

    def change(
        self,
        project: str,
        issue_id: str,
        *,
        by: str,
        reason: str = "",
        state: IssueState | None = None,
        assignee: str | None = None,
        muted_until_ns: int | None = None,
        resolved_in_release: str | None = None,
    ) -> Issue | None:
        """What is None stays as it is. None where there is no such issue."""
        now = time.time_ns()
        with self._lock:
            known = self._of(project)
            issue = known.get(issue_id)
            if issue is None:
                return None
            changed = _changed(
                _awake(issue),
                state=state,
                assignee=assignee,
                muted_until_ns=muted_until_ns,
                resolved_in_release=resolved_in_release,
                now_ns=now,
            )
            for step in _steps(_awake(issue), changed, state=state):
                told = replace(step, at_ns=now, by=by, reason=reason)
                changed = replace(changed, history=with_step(changed.history, told))
            changed = replace(changed, changed_ns=now, changed_by=by)
            self._metadata.save_records([_record(changed)])
            known[issue_id] = changed
            return changed

    def _of(self, project: str) -> dict[str, Issue]:
        """Under the lock."""
        if project not in self._known:
            records = self._metadata.records(project, KIND)
            self._known[project] = {record.id: _issue(record) for record in records}
        return self._known[project]


def _entered(run: Run, key: IssueKey) -> Issue:
    return Issue(
        project=run.project,
        id=key.id,
        title=key.title[:300],
        detector=key.detector,
        mode=key.mode,
        tool=key.tool,
        agent=key.agent,
        shape=key.shape,
        cluster=key.cluster,
        first_seen_ns=run.started_ns,
        changed_ns=time.time_ns(),
        history=(
            IssueStep(
                deed=IssueDeed.FIRST_SEEN, at_ns=run.started_ns, release=run.release[:200], run_id=run.id
            ),
        ),
    )


def _come_back(issue: Issue, run: Run) -> Issue:
    now = time.time_ns()
    step = IssueStep(deed=IssueDeed.REGRESSED, at_ns=now, release=run.release[:200], run_id=run.id)
    history = with_step(issue.history, step)
    return replace(issue, state=IssueState.REGRESSED, changed_ns=now, changed_by="", history=history)


def _changed(
    issue: Issue,
    *,
    state: IssueState | None,
    assignee: str | None,
    muted_until_ns: int | None,
    resolved_in_release: str | None,
    now_ns: int,
) -> Issue:
    changed = issue
    if state is not None:
        resolved = state is IssueState.RESOLVED
        changed = replace(
            changed,
            state=state,
            resolved_ns=now_ns if resolved else 0,
            resolved_in_release=changed.resolved_in_release if resolved else "",
            muted_until_ns=0,
        )
    if assignee is not None:
        changed = replace(changed, assignee=assignee)
    if muted_until_ns is not None:
        changed = replace(changed, muted_until_ns=muted_until_ns)
    if resolved_in_release is not None:
        changed = replace(changed, resolved_in_release=resolved_in_release)
    return changed


_DEEDS = {
    IssueState.MUTED: IssueDeed.MUTED,
    IssueState.RESOLVED: IssueDeed.RESOLVED,
    IssueState.OPEN: IssueDeed.REOPENED,
}


def _steps(before: Issue, after: Issue, *, state: IssueState | None) -> list[IssueStep]:
    """What was done, in words; who, when and why is for the caller to add. What changed nothing is no step,
    but for a mute or a resolution said anew."""
    steps: list[IssueStep] = []
    if state is not None and (state is not IssueState.OPEN or before.state is not IssueState.OPEN):
        release = after.resolved_in_release if state is IssueState.RESOLVED else ""
        steps.append(
            IssueStep(deed=_DEEDS[state], at_ns=0, until_ns=after.muted_until_ns, release=release[:200])
        )
    if before.assignee != after.assignee:
        steps.append(IssueStep(deed=IssueDeed.ASSIGNED, at_ns=0, to=after.assignee))
    return steps


def _after(run: Run, issue: Issue) -> bool:
    """Whether the run speaks against the resolution: it started later, and where that was to come with a
    release, it is not one of those known to fail before."""
    if issue.resolved_in_release and run.release != issue.resolved_in_release:
        return False
    return run.started_ns > issue.resolved_ns


def _awake(issue: Issue) -> Issue:
    if issue.state is IssueState.MUTED and 0 < issue.muted_until_ns <= time.time_ns():
        woken = IssueStep(deed=IssueDeed.WOKEN, at_ns=issue.muted_until_ns)
        history = with_step(issue.history, woken)
        return replace(issue, state=IssueState.OPEN, muted_until_ns=0, history=history)
    return issue


def _record(issue: Issue) -> Record:
    return Record(
        project=issue.project,
        kind=KIND,
        id=issue.id,
        body=orjson.dumps(asdict(issue)).decode(),
        updated_ns=issue.changed_ns,
    )


_FIELDS = frozenset(field.name for field in fields(Issue))


def _issue(record: Record) -> Issue:
    values: dict[str, Any] = {k: v for k, v in orjson.loads(record.body).items() if k in _FIELDS}
    values["state"] = IssueState(values["state"])
    values["history"] = tuple(step_from(one) for one in values.get("history", ()))
    return Issue(**values)
