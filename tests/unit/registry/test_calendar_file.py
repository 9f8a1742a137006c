"""Shifts as iCalendar: whole, each once, in lines that calendars read."""

from __future__ import annotations

import re
from dataclasses import replace

from roadworthy.features.registry.calendar_file import calendar_of
from tests.unit.registry.making import DAY_NS, at, contact, layer, override, schedule, snapshot

PLAN = replace(
    schedule(layer("ann", "bob"), zone="Europe/Berlin"), title="Erste, Hilfe; \\ Zürich " + "ü" * 60
)
KNOWN = snapshot(
    replace(contact("ann"), title="Ann\r\nBEGIN:VEVENT"),
    contact("bob"),
    override("bob", at("2026-03-25 08:00"), at("2026-03-25 10:00")),
)


def events(text: str) -> list[dict[str, str]]:
    """As RFC 5545 reads it: folded lines joined, then name and value."""
    whole = text.replace("\r\n ", "")
    assert "\n" not in whole.replace("\r\n", "")
    found: list[dict[str, str]] = []
    for line in whole.split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1].setdefault(name, value)
    return found


def calendar(start: str, end: str, *, person: str = "") -> list[dict[str, str]]:
    text = calendar_of(KNOWN, PLAN, from_ns=at(start), to_ns=at(end), person=person)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return events(text)


def test_shifts_that_touch_the_time_are_whole_and_in_utc() -> None:
    [first, swap, rest, _] = calendar("2026-03-24 00:00", "2026-04-01 00:00")
    # The week in which clocks go forward: nine in Berlin is 08:00Z before, 07:00Z after.
    assert (first["DTSTART"], first["DTEND"]) == ("20260323T080000Z", "20260325T080000Z")
    assert (swap["DTSTART"], swap["DTEND"]) == ("20260325T080000Z", "20260325T100000Z")
    assert rest["DTEND"] == "20260330T070000Z"
    assert swap["DESCRIPTION"] == "override" and first["DESCRIPTION"] == "layer primary"


def test_a_shift_keeps_its_uid_from_one_file_to_the_next() -> None:
    one = {event["UID"] for event in calendar("2026-03-24 00:00", "2026-04-10 00:00")}
    later = {event["UID"] for event in calendar("2026-03-29 12:00", "2026-04-10 00:00")}
    assert len(one) == 5 and later < one


def test_one_persons_shifts_and_no_events_for_gaps() -> None:
    only = calendar("2026-01-01 00:00", "2026-02-01 00:00", person="bob")
    assert [event["DTSTART"] for event in only] == ["20260112T080000Z", "20260126T080000Z"]
    empty = calendar_of(KNOWN, schedule(), from_ns=DAY_NS, to_ns=9 * DAY_NS)
    assert "VEVENT" not in empty and empty.startswith("BEGIN:VCALENDAR\r\n")


def test_text_is_escaped_so_that_a_name_starts_no_line_of_its_own() -> None:
    text = calendar_of(KNOWN, PLAN, from_ns=at("2026-03-17 00:00"), to_ns=at("2026-03-18 00:00"))
    assert len(re.findall(r"^BEGIN:VEVENT\r$", text, re.MULTILINE)) == 1
    [event] = events(text)
    assert event["SUMMARY"].startswith("On call: Ann\\nBEGIN:VEVENT (Erste\\, Hilfe\\; \\\\ Zürich")
