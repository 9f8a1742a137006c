"""When a run's calls went through the gateway and its telemetry tells of none, then they are its steps.

Of an agent that nobody instrumented only a root span is told: by whoever runs its tasks, or by us where we
started it. What it asked is known all the same. The steps carry the answers' ids: should spans of its own
come after all, each call counts once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import Recording
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanKind
from roadworthy.flows.join_exchanges import Joined
from roadworthy.flows.silent_run_spans import EXCHANGE_ID, SilentRun, otlp_body, told_call

EVERY_SECONDS = 2.0
BARE_NS = 30_000_000_000
"""So long after its last call a run's own spans may be on their way."""
LOOKED_BACK_NS = 7 * 86_400 * 1_000_000_000
"""After a start runs that began no longer ago are looked through: what waited when the core stopped."""
_MOST = 2_000
_MOST_FOUND_AGAIN = 500
"""Of a project, the newest."""
_CALLS = frozenset({SpanKind.LLM, SpanKind.TOOL, SpanKind.EMBEDDING})


class TellRecordedSteps:
    """`on_joined` and `refresh` from one thread. `give` is to have the body on disk when it returns. What
    waits is in memory: at the first `refresh` runs without a step are looked for in the store."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        exchanges_of: Callable[[Run], Sequence[Exchange]],
        recording_of: Callable[[Exchange], Recording | None],
        give: Callable[[str, bytes], None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._exchanges_of = exchanges_of
        self._recording_of = recording_of
        self._give = give
        self._now = now_ns
        self._began = now_ns()
        self._found_again = False
        self._due: OrderedDict[tuple[str, str], int] = OrderedDict()
        """By (project, id of the run), in the order of becoming due."""
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Runs whose steps are ours."""

    def on_joined(self, joined: Sequence[Joined]) -> None:
        for one in joined:
            key = (one.run.project, one.run.id)
            # One that is older than we are may have been told of by who we were before.
            ours = key in self._told or one.run.started_ns < self._began
            if not ours and (one.run.model_calls or one.run.tool_calls):
                continue
            self._due[key] = self._now() + BARE_NS
            self._due.move_to_end(key)
        for known in (self._due, self._told):
            while len(known) > _MOST:
                known.popitem(last=False)

    def refresh(self) -> int:
        """How many runs were told of. Raises StoreUnavailable."""
        if not self._found_again:
            self._find_again()
            self._found_again = True
        told = 0
        while self._due:
            key, due = next(iter(self._due.items()))
            if due > self._now():
                break
            if self._tell(*key):
                told += 1
                self._told[key] = None
            del self._due[key]
        return told

    def _find_again(self) -> None:
        """Runs with exchanges and without a step: their own spans may be on their way, as ever."""
        now = self._now()
        bare = tuple(Filter(field=name, op=Op.EQ, value=0) for name in ("model_calls", "tool_calls"))
        query = RunQuery(filters=bare, from_ns=now - LOOKED_BACK_NS, limit=_MOST_FOUND_AGAIN)
        for project in self._store.projects():
            for run in self._store.runs(project, query):
                if run.root_span_id and self._exchanges_of(run):
                    self._due.setdefault((project, run.id), now + BARE_NS)

    def _tell(self, project: str, run_id: str) -> bool:
        run = self._store.run(project, run_id)
        if run is None or run.superseded_by or not run.trace_ids or not run.root_span_id:
            return False
        trace_id = run.trace_ids[0]
        if any(_is_somebodys(one) for one in self._store.spans_of_traces(project, run.trace_ids)):
            return False
        exchanges = self._exchanges_of(run)
        if not exchanges:
            return False
        calls = [told_call(one, self._recording_of(one)) for one in exchanges]
        own = SilentRun(
            trace_id=trace_id,
            agent=run.agent,
            release=run.release,
            session_id=run.session_id,
            started_ns=run.started_ns,
            root=run.root_span_id,
            service=run.service,
            environment=run.environment,
        )
        self._give(project, otlp_body(own, calls))
        return True


def _is_somebodys(span: Span) -> bool:
    """A call that an instrumentation told of."""
    return span.kind in _CALLS and EXCHANGE_ID not in span.attributes
