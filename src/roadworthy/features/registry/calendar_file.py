"""Shifts as an iCalendar file (RFC 5545), for people's own calendars."""

from __future__ import annotations

from collections.abc import Iterator

from roadworthy.domain.schedule import Schedule, Shift
from roadworthy.features.registry.local_time import local, zone_of
from roadworthy.features.registry.on_call import called
from roadworthy.features.registry.snapshot import Snapshot

_MARGIN_NS = 62 * 86_400_000_000_000
_OCTETS = 75
"""Of a line at most, RFC 5545, section 3.1."""


def calendar_of(snapshot: Snapshot, schedule: Schedule, *, from_ns: int, to_ns: int, person: str = "") -> str:
    """Shifts that touch [from_ns, to_ns), whole as far as two months beyond it, times in UTC; with `person`
    only theirs. A shift keeps its UID from one file to the next, so that calendars replace and do not
    repeat. Gaps are no events."""
    margin = min(_MARGIN_NS, from_ns)
    shifts = snapshot.shifts(schedule, from_ns=from_ns - margin, to_ns=to_ns + _MARGIN_NS)
    wanted = [
        shift
        for shift in shifts
        if shift.person
        and shift.start_ns < to_ns
        and shift.end_ns > from_ns
        and (not person or shift.person == person)
    ]
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Roadworthy//On call//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text('On call: ' + (schedule.title or schedule.name))}",
        f"X-WR-TIMEZONE:{schedule.time_zone}",
    ]
    for shift in wanted:
        lines += _event(snapshot, schedule, shift)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in _folded(line))


def _event(snapshot: Snapshot, schedule: Schedule, shift: Shift) -> list[str]:
    contact = snapshot.contacts.get(shift.person)
    name = called(contact) if contact else shift.person
    why = f"layer {shift.layer}" if shift.layer else "override"
    if shift.instead_of:
        why += f", in place of {shift.instead_of}"
    uid = f"{shift.start_ns // 1_000_000_000}-{shift.person}-{schedule.name}-{schedule.project}@roadworthy"
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_text(uid)}",
        f"DTSTAMP:{_utc(max(schedule.updated_ns, 0))}",
        f"DTSTART:{_utc(shift.start_ns)}",
        f"DTEND:{_utc(shift.end_ns)}",
        f"SUMMARY:{_text(f'On call: {name} ({schedule.title or schedule.name})')}",
        f"DESCRIPTION:{_text(why)}",
        "TRANSP:TRANSPARENT",
    ]
    if contact and contact.email:
        lines.append(f"ATTENDEE:mailto:{_text(contact.email)}")
    return [*lines, "END:VEVENT"]


def _utc(at_ns: int) -> str:
    return f"{local(at_ns, zone=zone_of('UTC')):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Section 3.3.11."""
    for char, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(char, written)
    return "".join(one for one in text if one >= " " and one != "\x7f")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; those that go on begin with a space, which is the first of theirs."""
    part, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + char, size + octets
    yield part
