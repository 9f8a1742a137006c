"""A draft of a postmortem in Markdown: what is on record is filled in, what people must think about is
asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from roadworthy.domain.incident import Entry, EntryKind, Incident, IncidentState, TakenAlarm

_SECOND = 1_000_000_000


def draft_of(
    incident: Incident, *, timeline: Sequence[Entry], alarms: Sequence[TakenAlarm], link: str
) -> str:
    changes = [one for one in timeline if one.kind is EntryKind.CHANGED_BEFORE]
    parts = [
        f"# Postmortem: {_line(incident.title)}",
        f"Incident {incident.number} · {incident.severity.value} · {incident.state.value} · {link}",
        "## Summary\n" + _summary(incident),
        "## Impact\n" + _impact(incident),
        "## Detection and response\n" + _response(incident),
        "## What changed just before\n"
        + (_list(_line(one.text) for one in changes) or "Nothing that was looked at had changed."),
        "## Alarms\n" + (_list(_alarm(one) for one in alarms[:50]) or "None: people opened it."),
        "## Timeline (UTC)\n" + _list(f"{_time(one.at_ns)} {_entry(one)}" for one in timeline),
        "## Evidence\n" + (_list(_evidence(incident)) or "No runs or issues are linked."),
        "## Cause\n_To be written: what had to be true for this to happen?_",
        "## What went well, what did not\n_To be written._",
        "## So that it does not come back\n- [ ] _What, who, until when_",
    ]
    return "\n\n".join(parts) + "\n"


def _summary(incident: Incident) -> str:
    who = ", ".join(incident.agents) or "no agent in particular"
    release = f" (release {', '.join(incident.releases)})" if incident.releases else ""
    over = (
        f" It was resolved at {_time(incident.resolved_ns)} by {incident.resolved_by}."
        if incident.state is IncidentState.RESOLVED
        else " It is not over."
    )
    return f"{_line(incident.title)}. Agents: {who}{release}. Opened at {_time(incident.opened_ns)}.{over}"


def _impact(incident: Incident) -> str:
    found = incident.impact
    if found is None:
        return "Not counted."
    users = f"{found.users} users" if found.users_known else "an unknown number of users (runs name none)"
    return (
        f"{found.failed} of {found.runs} runs failed between {_time(found.from_ns)} and "
        f"{_time(found.to_ns)}, of {users}."
    )


def _response(incident: Incident) -> str:
    rows = []
    if incident.began_ns:
        rows.append(f"Probably began at {_time(incident.began_ns)}")
        rows.append(f"Detected after {_length(incident.opened_ns - incident.began_ns)}")
    if incident.acknowledged_ns:
        taken = _length(incident.acknowledged_ns - incident.opened_ns)
        rows.append(f"Acknowledged after {taken} by {incident.acknowledged_by}")
    else:
        rows.append("Never acknowledged")
    if incident.mitigated_ns:
        rows.append(f"Mitigated after {_length(incident.mitigated_ns - incident.opened_ns)}")
    if incident.state is IncidentState.RESOLVED:
        rows.append(f"Resolved after {_length(incident.resolved_ns - incident.opened_ns)}")
    if incident.reopened:
        rows.append(f"Opened again {incident.reopened} times")
    return _list(rows)


def _evidence(incident: Incident) -> list[str]:
    return [f"run `{one}`" for one in incident.run_ids] + [f"issue `{one}`" for one in incident.issue_ids]


def _alarm(taken: TakenAlarm) -> str:
    alarm = taken.alarm
    over = f", cleared {_time(alarm.cleared_ns)}" if alarm.cleared_ns else ""
    quiet = ", silenced" if taken.silenced_by else ""
    reason = f": {_line(alarm.reason)}" if alarm.reason else ""
    return f"{_time(alarm.at_ns)} {_line(alarm.title)}{reason}{over}{quiet}"


def _entry(entry: Entry) -> str:
    return f"{_line(entry.text)} ({entry.by})" if entry.by else _line(entry.text)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _line(text: str) -> str:
    """One line: what agents and alarms say must not become headings of ours."""
    return " ".join(text.split())


def _time(ns: int) -> str:
    return datetime.fromtimestamp(ns // _SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _length(ns: int) -> str:
    seconds = max(0, ns) // _SECOND
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            rest = seconds % size
            below = {86_400: (3_600, "h"), 3_600: (60, "min"), 60: (1, "s")}[size]
            small = f" {rest // below[0]} {below[1]}" if rest // below[0] else ""
            return f"{seconds // size} {word}{small}"
    return f"{seconds} s"
