"""Incidents as notifications: what a person on a phone has to know first."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from urllib.parse import quote

from roadworthy.domain.incident import Change, Incident, TakenAlarm
from roadworthy.domain.notification import Delivery, Happening, Notification
from roadworthy.domain.project import DEFAULT_PROJECT

REASONS_SHOWN = 3
AGENTS_SHOWN = 20


def key_of(incident: Incident) -> str:
    """The same for everything said of an incident, in every process and after every restart."""
    return f"roadworthy-{incident.project}-{incident.id}"


def link_of(base_url: str, incident: Incident) -> str:
    query = "" if incident.project == DEFAULT_PROJECT else f"?project={quote(incident.project)}"
    return f"{base_url.rstrip('/')}/incidents/{incident.id}{query}"


def notification_of(
    incident: Incident,
    happening: Happening,
    *,
    said_id: str,
    lines: Sequence[str],
    base_url: str,
    now_ns: int,
    recipient: str = "",
) -> Notification:
    """`lines` come first: why it is said now."""
    facts = {"incident": str(incident.number), "state": incident.state.value}
    if incident.teams:
        facts["team"] = ", ".join(incident.teams[:5])
    if incident.owner:
        facts["owner"] = incident.owner
    if incident.assignee:
        facts["assignee"] = incident.assignee
    if incident.alarms > 1:
        facts["alarms"] = str(incident.alarms)
    return Notification(
        id=said_id,
        key=key_of(incident),
        project=incident.project,
        happening=happening,
        severity=incident.severity,
        title=incident.title,
        text="\n".join(line for line in lines if line),
        incident_id=incident.id,
        number=incident.number,
        state=incident.state.value,
        agents=incident.agents[:AGENTS_SHOWN],
        release=", ".join(incident.releases[:3]),
        link=link_of(base_url, incident),
        runbook=incident.runbook,
        began_ns=incident.began_ns,
        at_ns=now_ns,
        facts=facts,
        recipient=recipient,
    )


def reasons(alarms: Sequence[TakenAlarm], changes: Sequence[str]) -> list[str]:
    """Why the newest alarms were raised, and what changed just before."""
    told = [one.alarm.reason or one.alarm.title for one in alarms[-REASONS_SHOWN:]]
    more = len(alarms) - len(told)
    lines = list(dict.fromkeys(told))
    if more > 0:
        lines.append(f"and {more} more alarms")
    return lines + [f"Changed just before: {one}" for one in list(changes)[:REASONS_SHOWN]]


def change_words(change: Change) -> str:
    return f"{change.agent}: {change.text}" if change.agent else change.text


class Announcer:
    """Tells those who heard of an incident how it goes on."""

    def __init__(self, *, base_url: str, channel_name: Callable[[str, str], str]) -> None:
        self._base_url = base_url
        self._channel_name = channel_name

    def __call__(self, incident: Incident, happening: Happening, said: str, now_ns: int, /) -> list[Delivery]:
        """To every channel that was told, by its id, or `id|address` where an e-mail went to one person."""
        made = []
        for channel_id in incident.escalation.told:
            place, _, recipient = channel_id.partition("|")
            said_id = f"{incident.id}-{happening.value}-{incident.reopened}-{now_ns}-{place}"
            if recipient:
                said_id += f"-{zlib.crc32(recipient.encode()):08x}"
            made.append(
                delivery_of(
                    notification_of(
                        incident,
                        happening,
                        said_id=said_id,
                        lines=[said],
                        base_url=self._base_url,
                        now_ns=now_ns,
                        recipient=recipient,
                    ),
                    channel_id=place,
                    channel_name=self._channel_name(incident.project, place),
                    now_ns=now_ns,
                )
            )
        return made


def delivery_of(
    notification: Notification,
    *,
    channel_id: str,
    channel_name: str,
    now_ns: int,
    whom: str = "",
    fallbacks: Sequence[str] = (),
) -> Delivery:
    return Delivery(
        project=notification.project,
        id=notification.id,
        channel_id=channel_id,
        channel_name=channel_name,
        notification=notification,
        created_ns=now_ns,
        due_ns=now_ns,
        fallbacks=tuple(fallbacks),
        whom=whom,
        updated_ns=now_ns,
    )
