"""Server-sent events."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from starlette.responses import StreamingResponse

from roadworthy.doors.rest.access import ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.events import lines

router = Endpoints(tags=["events"])


@router.get(
    "/events",
    operation_id="streamEvents",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream_events(
    ctx: Context,
    project: ReadProject,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=100)] = None,
) -> StreamingResponse:
    """Events `hello` (open); `runs`, `incidents`, `inquiries` and `resamplings` ({"ids": [...]}: new or
    changed; an inquiry with each of its reruns, and when it is gone; a resampling by its run); and `resync`
    (some were lost: read lists anew). Send back the last `id` as Last-Event-ID to get what was missed."""
    return StreamingResponse(
        lines(ctx.events, project=project, last_event_id=last_event_id),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )
