"""Whom an incident hurt, counted over the runs of its agents."""

from __future__ import annotations

from roadworthy.contracts.telemetry import AggregateQuery, Filter, Op, TelemetryStore
from roadworthy.domain.incident import Impact, Incident

_DAY = 86_400 * 1_000_000_000
LONGEST_NS = 30 * _DAY
_USERS = 10_000


def impact_of(store: TelemetryStore, incident: Incident, *, now_ns: int) -> Impact | None:
    """From when it probably began to its resolution, or to now, thirty days at most. None where it names no
    agent. Raises what the store raises."""
    agents = tuple(one for one in incident.agents if one)[:1_000]
    if not agents:
        return None
    to_ns = (incident.resolved_ns or now_ns) + 1
    from_ns = max(incident.began_ns or incident.opened_ns, to_ns - LONGEST_NS)
    whose = Filter(field="agent", op=Op.IN, value=agents)
    failed_ones = Filter(field="outcome", op=Op.EQ, value="failure")
    rows = store.aggregate(incident.project, AggregateQuery(filters=(whose,), from_ns=from_ns, to_ns=to_ns))
    users = store.aggregate(
        incident.project,
        AggregateQuery(
            by=("user_id",), filters=(whose, failed_ones), from_ns=from_ns, to_ns=to_ns, limit=_USERS
        ),
    )
    failed = sum(row.failures for row in rows)
    named = [row for row in users if row.group[0]]
    return Impact(
        from_ns=from_ns,
        to_ns=to_ns,
        runs=sum(row.runs for row in rows),
        failed=failed,
        users=len(named),
        users_known=bool(named) or not failed,
    )
