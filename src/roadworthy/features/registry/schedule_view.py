"""A schedule over a time: its shifts, where it has nobody, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roadworthy.domain.schedule import Schedule, Shift
from roadworthy.features.registry.local_time import local, span_in_words, zone_of
from roadworthy.features.registry.on_call import called
from roadworthy.features.registry.shifts import gaps
from roadworthy.features.registry.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    start_ns: int
    end_ns: int
    words: str
    """Like "nobody on Sunday 2026-11-29 02:00 to 04:00 (Europe/Berlin)"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    shifts: tuple[Shift, ...]
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]
    """Plain words: who left and who takes over, who cannot be reached."""


def schedule_view(snapshot: Snapshot, schedule: Schedule, *, from_ns: int, to_ns: int) -> ScheduleView:
    shifts = snapshot.shifts(schedule, from_ns=from_ns, to_ns=to_ns)
    zone = zone_of(schedule.time_zone)
    return ScheduleView(
        shifts=tuple(shifts),
        gaps=tuple(
            Gap(
                start_ns=one.start_ns,
                end_ns=one.end_ns,
                words=f"nobody on {span_in_words(one.start_ns, one.end_ns, zone=zone)}",
            )
            for one in gaps(shifts)
        ),
        warnings=tuple(dict.fromkeys(_warnings(snapshot, schedule, shifts, from_ns=from_ns, to_ns=to_ns))),
    )


def _warnings(
    snapshot: Snapshot, schedule: Schedule, shifts: Sequence[Shift], *, from_ns: int, to_ns: int
) -> Iterator[str]:
    zone = zone_of(schedule.time_zone)
    if not schedule.layers:
        yield "the schedule has no layers: nobody is ever on call"
    for layer in schedule.layers:
        left = [one for one in layer.people if snapshot.gone_ns(one) < to_ns]
        for name in dict.fromkeys(left):
            contact = snapshot.contacts.get(name)
            since = f"left on {local(contact.left_ns, zone=zone):%Y-%m-%d}" if contact else "is no contact"
            next_ones = "others of the layer take over" if len(set(left)) < len(set(layer.people)) else ""
            yield (
                f"{called(contact) if contact else name} {since}: "
                f"{next_ones or f'nobody of the layer {layer.name!r} is left'}"
            )
    for override in snapshot.overrides_of(schedule.name):
        gone_ns = snapshot.gone_ns(override.person)
        if gone_ns < override.end_ns and override.end_ns > from_ns and override.start_ns < to_ns:
            span = span_in_words(override.start_ns, override.end_ns, zone=zone)
            yield f"{override.person} left, the override on {span} does not hold: the layers do"
    for name in dict.fromkeys(shift.person for shift in shifts if shift.person):
        contact = snapshot.contacts.get(name)
        if contact and not contact.reachable:
            yield f"{called(contact)} has neither an e-mail address nor a channel: no page reaches them"
