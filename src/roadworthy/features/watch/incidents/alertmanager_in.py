"""Alarms out of what Prometheus' Alertmanager sends to a webhook.

Source: Alertmanager, "webhook_config", data of version 4; `resolved` alerts come with their `endsAt`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from roadworthy.domain.alarm import Alarm, AlarmKind, Severity

_SEVERITIES = {
    **dict.fromkeys(("critical", "page", "emergency", "disaster", "p1", "sev1"), Severity.CRITICAL),
    **dict.fromkeys(("error", "high", "major", "p2", "sev2"), Severity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "minor", "p3", "sev3"), Severity.WARNING),
    **dict.fromkeys(("info", "informational", "low", "none", "p4", "p5"), Severity.INFO),
}
_AGENT_LABELS = ("agent", "roadworthy_agent", "gen_ai_agent_name", "service", "job")
FACTS_KEPT = 40
TEXT_KEPT = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """One alert of the message. Times are Unix ns, `ends_ns` 0 while it fires."""

    firing: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_ns: int = 0
    ends_ns: int = 0
    generator_url: str = ""
    fingerprint: str = ""


def alarm_of(alert: SentAlert, *, project: str, group: str, now_ns: int) -> Alarm:
    """Its id is made of the labels and the time it began: sent again, it is the same alarm; firing anew, it
    is another one. `group` is Alertmanager's groupKey: alerts of one group are one incident."""
    labels = alert.labels
    named = alert.fingerprint or "\n".join(f"{k}={v}" for k, v in sorted(labels.items()))
    identity = hashlib.sha256(f"{named}\n{alert.starts_ns}".encode()).hexdigest()[:24]
    name = labels.get("alertname", "alert")
    said = alert.annotations
    facts = {f"label.{k}": v[:200] for k, v in sorted(labels.items())[:FACTS_KEPT]}
    facts |= {"link": alert.generator_url} if alert.generator_url else {}
    facts |= {"runbook": said["runbook_url"]} if said.get("runbook_url") else {}
    facts |= {"group": group} if group else {}
    return Alarm(
        project=project,
        id=f"alertmanager-{identity}",
        kind=AlarmKind.EXTERNAL,
        source=f"alertmanager:{name}",
        source_name=name,
        agent=next((labels[one] for one in _AGENT_LABELS if labels.get(one)), ""),
        release=labels.get("release", ""),
        severity=_SEVERITIES.get(labels.get("severity", "").lower(), Severity.ERROR),
        title=(said.get("summary") or said.get("message") or name)[:300],
        reason=(said.get("description") or "")[:TEXT_KEPT],
        at_ns=alert.starts_ns or now_ns,
        since_ns=alert.starts_ns,
        cleared_ns=0 if alert.firing else alert.ends_ns or now_ns,
        facts=facts,
    )


def time_of(text: str) -> int:
    """Unix ns of Go's RFC 3339; 0 for its zero time ("0001-01-01T00:00:00Z") and for what cannot be read."""
    try:
        moment = datetime.fromisoformat(_microseconds(text))
    except ValueError:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year < 1971 or moment.year > 2200:
        return 0
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000


def _microseconds(text: str) -> str:
    """Go writes up to nine digits of a second; Python reads six."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)].ljust(6, '0')}{tail[digits:]}"
