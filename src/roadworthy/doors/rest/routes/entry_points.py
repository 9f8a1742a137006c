"""How agents are started, so that replays, forks and bisects need not be told each time."""

from __future__ import annotations

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.entry_points import EntryPointBody, EntryPointView, entry_of, entry_view
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.routes.registering import AgentName
from roadworthy.features.debug.checks import check_entry
from roadworthy.features.debug.inquiry import BadInquiry

router = Endpoints(tags=["debug"])


@router.get("/agents/{agent:path}/entry-point", operation_id="getEntryPoint")
def get_entry_point(ctx: Context, project: ReadProject, agent: AgentName) -> EntryPointView | None:
    """null where none is registered."""
    found = ctx.debugging.entries.of(project, agent)
    return entry_view(found) if found is not None else None


@router.put("/agents/{agent:path}/entry-point", operation_id="saveEntryPoint")
def save_entry_point(
    ctx: Context, project: AdminProject, agent: AgentName, body: EntryPointBody
) -> EntryPointView:
    """In place of the one there was. `agent` is the name its runs have."""
    entry = entry_of(body)
    try:
        check_entry(entry, field="body")
    except BadInquiry as wrong:
        raise bad_field(wrong.field, str(wrong)) from None
    ctx.debugging.entries.save(project, agent, entry)
    return entry_view(entry)


@router.delete("/agents/{agent:path}/entry-point", operation_id="deleteEntryPoint", status_code=204)
def delete_entry_point(ctx: Context, project: AdminProject, agent: AgentName) -> None:
    if not ctx.debugging.entries.delete(project, agent):
        raise not_found("entry point of agent", name=agent)
