"""The issues page: issues with the runs that belong to them, counted when somebody looks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.features.judge.issue_book import Issue, IssueBook, IssueState

HOUR_NS = 3_600 * 10**9
_SPARK_BUCKETS = 24
_REPRESENTATIVES = 5
_GROUPS = 10_000


class Order(StrEnum):
    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    RUNS = "runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    start_ns: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """`runs`, `releases` and `spark` count the window that was asked for; `spark` has no gaps."""

    issue: Issue
    runs: int = 0
    runs_last_day: int = 0
    last_seen_ns: int = 0
    releases: Mapping[str, int] = field(default_factory=dict)
    spark: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueQuery:
    """Empty fields leave nothing out. Issues without a run in the window are left out, but for those named
    by `state`."""

    from_ns: int
    to_ns: int
    states: frozenset[IssueState] = frozenset({IssueState.OPEN, IssueState.REGRESSED})
    agent: str = ""
    mode: str = ""
    text: str = ""
    """Every word occurs in the title, without regard to case."""
    order: Order = Order.LAST_SEEN


class IssueList:
    def __init__(self, store: TelemetryStore, *, book: IssueBook) -> None:
        self._store = store
        self._book = book

    def rows(self, project: str, query: IssueQuery) -> list[IssueRow]:
        """All that fit, in order."""
        wanted = [issue for issue in self._book.issues(project) if _fits(issue, query)]
        if not wanted:
            return []
        rows = self._counted(project, wanted, from_ns=query.from_ns, to_ns=query.to_ns)
        return sorted((row for row in rows if row.runs), key=_KEYS[query.order], reverse=True)

    def row(self, project: str, issue_id: str, *, from_ns: int, to_ns: int) -> IssueRow | None:
        issue = self._book.issue(project, issue_id)
        if issue is None:
            return None
        return self._counted(project, [issue], from_ns=from_ns, to_ns=to_ns)[0]

    def representatives(self, project: str, issue_id: str) -> list[Run]:
        """The newest runs of the issue, those most surely failed first."""
        query = RunQuery(filters=(Filter(field="issues", op=Op.EQ, value=issue_id),), limit=50)
        runs = self._store.runs(project, query)
        runs.sort(key=lambda run: (-(run.p_failure or 0.0), -run.sort_ns))
        return runs[:_REPRESENTATIVES]

    def _counted(self, project: str, issues: Sequence[Issue], *, from_ns: int, to_ns: int) -> list[IssueRow]:
        bucket_ns = max(HOUR_NS, (to_ns - from_ns) // _SPARK_BUCKETS)
        filters: tuple[Filter, ...] = (Filter(field="issues", op=Op.EXISTS),)
        if len(issues) == 1:
            filters = (Filter(field="issues", op=Op.EQ, value=issues[0].id),)
        times = {"filters": filters, "from_ns": from_ns, "to_ns": to_ns, "limit": _GROUPS}
        total = self._by_issue(project, AggregateQuery(by=("issues",), **times))  # type: ignore[arg-type]
        day = max(from_ns, time.time_ns() - 24 * HOUR_NS)
        last_day = self._by_issue(
            project, AggregateQuery(by=("issues",), filters=filters, from_ns=day, to_ns=to_ns, limit=_GROUPS)
        )
        by_time = self._by_issue(
            project,
            AggregateQuery(by=("issues",), bucket_ns=bucket_ns, **times),  # type: ignore[arg-type]
        )
        by_release = self._by_issue(
            project,
            AggregateQuery(by=("issues", "release"), **times),  # type: ignore[arg-type]
        )
        return [
            IssueRow(
                issue=issue,
                runs=sum(row.runs for row in total.get(issue.id, ())),
                runs_last_day=sum(row.runs for row in last_day.get(issue.id, ())),
                last_seen_ns=max((row.last_started_ns for row in total.get(issue.id, ())), default=0),
                releases={row.group[1]: row.runs for row in by_release.get(issue.id, ()) if row.group[1]},
                spark=_spark(by_time.get(issue.id, ()), from_ns=from_ns, to_ns=to_ns, bucket_ns=bucket_ns),
            )
            for issue in issues
        ]

    def _by_issue(self, project: str, query: AggregateQuery) -> dict[str, list[AggregateRow]]:
        found: dict[str, list[AggregateRow]] = {}
        for row in self._store.aggregate(project, query):
            found.setdefault(row.group[0], []).append(row)
        return found


_KEYS = {
    Order.LAST_SEEN: lambda row: (row.last_seen_ns, row.issue.id),
    Order.FIRST_SEEN: lambda row: (row.issue.first_seen_ns, row.issue.id),
    Order.RUNS: lambda row: (row.runs, row.last_seen_ns),
}


def _fits(issue: Issue, query: IssueQuery) -> bool:
    if query.states and issue.state not in query.states:
        return False
    if (query.agent and issue.agent != query.agent) or (query.mode and issue.mode != query.mode):
        return False
    title = issue.title.lower()
    return all(word in title for word in query.text.lower().split())


def _spark(rows: Sequence[AggregateRow], *, from_ns: int, to_ns: int, bucket_ns: int) -> tuple[Bucket, ...]:
    runs = {row.bucket_start_ns: row.runs for row in rows}
    first = from_ns - from_ns % bucket_ns
    return tuple(Bucket(start_ns=start, runs=runs.get(start, 0)) for start in range(first, to_ns, bucket_ns))
