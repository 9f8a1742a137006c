"""Query parameters of run lists, shared by lists, counts, searches, aggregates and exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from roadworthy.contracts.telemetry import Filter, RunQuery
from roadworthy.doors.rest.filters import parse_filters
from roadworthy.doors.rest.problems import bad_field
from roadworthy.doors.rest.times import parse_time

TIME_HELP = "RFC 3339, Unix milliseconds, now, or relative like -7d"
FilterParameter = Annotated[
    list[str],
    Query(
        alias="filter",
        description="field:op:value, repeatable, all must hold. Fields: GET /api/v1/fields, "
        "attributes.<key>, and of runs scores.<name>. "
        "Ops: = != < <= > >= in contains exists missing (or eq ne lt le gt ge)",
        examples=["status:=:error", "duration_ms:>:1000", "attributes.customer.tier:in:gold,silver"],
    ),
]
TextParameter = Annotated[
    str,
    Query(max_length=500, description="Full text over inputs and outputs; all words must be in one span"),
]
FromParameter = Annotated[str | None, Query(alias="from", max_length=40, description=TIME_HELP)]
ToParameter = Annotated[str | None, Query(max_length=40, description=f"{TIME_HELP}; not included")]
Trials = Annotated[bool, Query(description="Those of drills and reruns, too: `support (replay)`")]
LimitParameter = Annotated[int, Query(ge=1, le=1000)]
CursorParameter = Annotated[
    str | None, Query(max_length=500, description="next_cursor of the page before, as it came")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    from_ns: int | None
    to_ns: int | None


async def _time_range(from_: FromParameter = None, to: ToParameter = None) -> TimeRange:
    start = None if from_ is None else parse_time(from_, field="query.from")
    end = None if to is None else parse_time(to, field="query.to")
    if start is not None and end is not None and start > end:
        raise bad_field("query.from", "lies after query.to")
    return TimeRange(from_ns=start, to_ns=end)


Times = Annotated[TimeRange, Depends(_time_range)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which runs (or spans) are meant, before paging."""

    filters: tuple[Filter, ...]
    text: str
    times: TimeRange

    def runs(self, *, limit: int, after: tuple[int, str] | None = None) -> RunQuery:
        return RunQuery(
            filters=self.filters,
            text=self.text,
            from_ns=self.times.from_ns,
            to_ns=self.times.to_ns,
            limit=limit,
            after=after,
        )


async def _selection(times: Times, filters: FilterParameter = [], text: TextParameter = "") -> Selection:  # noqa: B006
    return Selection(filters=parse_filters(filters), text=text.strip(), times=times)


Selected = Annotated[Selection, Depends(_selection)]
