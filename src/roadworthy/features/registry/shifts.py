"""The final shifts of a schedule: overrides over layers, the first layer over the next, gaps said as gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roadworthy.domain.schedule import Override, Schedule, Shift
from roadworthy.features.registry.local_time import zone_of
from roadworthy.features.registry.rotation import GoneNs, duties


def final_shifts(
    schedule: Schedule,
    *,
    overrides: Iterable[Override],
    from_ns: int,
    to_ns: int,
    gone_ns: GoneNs,
) -> list[Shift]:
    """Tiles [from_ns, to_ns) exactly: in order, none overlapping, nothing left out; a time without anybody is
    a shift whose person is "". Who has left is never in it from then on. Shifts are cut at both ends of the
    range."""
    zone = zone_of(schedule.time_zone)
    free = [Shift(start_ns=from_ns, end_ns=to_ns)] if from_ns < to_ns else []
    taken: list[Shift] = []
    for wish in _override_wishes(overrides, gone_ns=gone_ns):
        free = _taken_from(free, [wish], into=taken)
    for layer in schedule.layers:
        wishes = [
            Shift(
                start_ns=duty.start_ns,
                end_ns=duty.end_ns,
                person=duty.person,
                layer=layer.name,
                instead_of=duty.instead_of,
            )
            for duty in duties(layer, zone=zone, from_ns=from_ns, to_ns=to_ns, gone_ns=gone_ns)
            if duty.person
        ]
        free = _taken_from(free, wishes, into=taken)
    return sorted((*taken, *free), key=lambda shift: shift.start_ns)


def gaps(shifts: Sequence[Shift]) -> list[Shift]:
    return [shift for shift in shifts if not shift.person]


def _override_wishes(overrides: Iterable[Override], *, gone_ns: GoneNs) -> list[Shift]:
    """The one entered last comes first."""
    newest = sorted(overrides, key=lambda one: (one.updated_ns, one.id), reverse=True)
    return [
        Shift(
            start_ns=one.start_ns,
            end_ns=min(one.end_ns, gone_ns(one.person)),
            person=one.person,
            override=one.id,
        )
        for one in newest
    ]


def _taken_from(free: list[Shift], wishes: Sequence[Shift], *, into: list[Shift]) -> list[Shift]:
    """What stays free once each wish got what was free of its time. Both are in order of time."""
    left: list[Shift] = []
    place = 0
    for gap in free:
        at = gap.start_ns
        while place < len(wishes) and wishes[place].end_ns <= at:
            place += 1
        follow = place
        while follow < len(wishes) and wishes[follow].start_ns < gap.end_ns:
            wish = wishes[follow]
            start, end = max(wish.start_ns, at), min(wish.end_ns, gap.end_ns)
            if start < end:
                if at < start:
                    left.append(Shift(start_ns=at, end_ns=start))
                into.append(_cut(wish, start_ns=start, end_ns=end))
                at = end
            follow += 1
        if at < gap.end_ns:
            left.append(Shift(start_ns=at, end_ns=gap.end_ns))
    return left


def _cut(shift: Shift, *, start_ns: int, end_ns: int) -> Shift:
    return Shift(
        start_ns=start_ns,
        end_ns=end_ns,
        person=shift.person,
        layer=shift.layer,
        override=shift.override,
        instead_of=shift.instead_of,
    )
