"""Channels that tell people, and how telling them went."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.contracts.notifier import SettingInvalid
from roadworthy.domain.notification import Channel, DeliveryState
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.channels import (
    ChannelBody,
    ChannelKindPage,
    ChannelPage,
    ChannelView,
    DeliveryPage,
    DeliveryView,
    channel_view,
    delivery_view,
    kind_view,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.features.watch.notifying.channel_book import ChannelDraft
from roadworthy.kit.sealing import CannotOpen

router = Endpoints(tags=["channels"])


@router.get("/channel-kinds", operation_id="listChannelKinds")
def list_channel_kinds(ctx: Context, project: ReadProject) -> ChannelKindPage:
    """What can be told, and what each kind needs to be set up."""
    return ChannelKindPage(items=[kind_view(one) for one in ctx.incidents.channels.kinds])


@router.get("/channels", operation_id="listChannels")
def list_channels(ctx: Context, project: ReadProject) -> ChannelPage:
    return ChannelPage(items=[channel_view(one) for one in ctx.incidents.channels.channels(project)])


@router.post("/channels", operation_id="addChannel", status_code=201, response_model=ChannelView)
def add_channel(
    ctx: Context, project: AdminProject, body: ChannelBody, key: IdempotencyKey = None
) -> Response:
    def make() -> ChannelView:
        try:
            return channel_view(ctx.incidents.channels.add(project, _draft(body)))
        except SettingInvalid as invalid:
            raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None

    return once(ctx, key=key, project=project, action="addChannel", body=body, make=make)


@router.get("/channels/{channel_id}", operation_id="getChannel")
def get_channel(ctx: Context, project: ReadProject, channel_id: str) -> ChannelView:
    return channel_view(_known(ctx, project=project, channel_id=channel_id))


@router.put("/channels/{channel_id}", operation_id="changeChannel")
def change_channel(ctx: Context, project: AdminProject, channel_id: str, body: ChannelBody) -> ChannelView:
    try:
        changed = ctx.incidents.channels.change(project, channel_id, _draft(body))
    except SettingInvalid as invalid:
        raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None
    except CannotOpen as fault:
        raise Problem(409, code="key_lost", title="Key lost", detail=f"Its secrets are {fault}.") from None
    if changed is None:
        raise not_found("channel", name=channel_id)
    return channel_view(changed)


@router.delete("/channels/{channel_id}", operation_id="deleteChannel", status_code=204)
def delete_channel(ctx: Context, project: AdminProject, channel_id: str) -> None:
    """What was still to be said over it is given up, and said so in the log of deliveries."""
    if not ctx.incidents.channels.delete(project, channel_id):
        raise not_found("channel", name=channel_id)
    ctx.incidents.outbox.woken()


@router.post("/channels/{channel_id}/test", operation_id="testChannel", status_code=202)
def test_channel(ctx: Context, asker: Asker, project: AdminProject, channel_id: str) -> DeliveryView:
    """Sends a test message. How it went: GET /api/v1/deliveries/{id}."""
    channel = _known(ctx, project=project, channel_id=channel_id)
    return delivery_view(ctx.incidents.test_channel(channel, by=asker.name))


@router.get("/deliveries", operation_id="listDeliveries", response_model=DeliveryPage)
def list_deliveries(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    incident: Annotated[str, Query(max_length=40, description="Id of an incident")] = "",
    channel: Annotated[str, Query(max_length=40, description="Id of a channel")] = "",
    states: Annotated[list[DeliveryState], Query(alias="state", description="Repeatable")] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: CursorParameter = None,
) -> Response:
    """The delivery log of thirty days, newest first."""
    rows = ctx.incidents.deliveries(project, incident_id=incident, channel_id=channel, states=states)
    after = read_pair(cursor)
    if after is not None:
        # The log is in the order things were said; those of one transaction share their time.
        rows = [one for one in rows if one.created_ns <= after[0]]
        places = {one.id: place for place, one in enumerate(rows)}
        rows = rows[places.get(after[1], -1) + 1 :]
    page = rows[:limit]
    more = write_cursor(page[-1].created_ns, page[-1].id) if len(rows) > limit else None
    return answer(DeliveryPage(items=[delivery_view(one) for one in page], next_cursor=more))


@router.get("/deliveries/{delivery_id}", operation_id="getDelivery")
def get_delivery(ctx: Context, project: ReadProject, delivery_id: str) -> DeliveryView:
    found = ctx.incidents.outbox.delivery(project, delivery_id)
    if found is None:
        raise not_found("delivery", name=delivery_id)
    return delivery_view(found)


@router.post("/deliveries/{delivery_id}/retry", operation_id="retryDelivery")
def retry_delivery(ctx: Context, project: AdminProject, delivery_id: str) -> DeliveryView:
    """Now, and for a day from now on. One that was delivered stays so."""
    found = ctx.incidents.send_again(project, delivery_id)
    if found is None:
        raise not_found("delivery", name=delivery_id)
    return delivery_view(found)


def _known(ctx: RestContext, *, project: str, channel_id: str) -> Channel:
    found = ctx.incidents.channels.channel(project, channel_id)
    if found is None:
        raise not_found("channel", name=channel_id)
    return found


def _draft(body: ChannelBody) -> ChannelDraft:
    return ChannelDraft(
        name=body.name,
        kind=body.kind,
        settings=body.settings,
        secrets=body.secrets,
        enabled=body.enabled,
        default=body.default,
        per_minute=body.per_minute,
    )
