"""What of a rerun goes on live: through the usual door, as any call, with the plan's changes in it."""

from __future__ import annotations

from roadworthy.domain.exchange import Ending
from roadworthy.doors.gateway.connection import Handler
from roadworthy.doors.gateway.refusing import tell
from roadworthy.doors.gateway.replay_seat import PlayedCall
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug.tape.asked import Asked
from roadworthy.features.debug.tape.missing import not_recorded

_EXCHANGE = b"x-roadworthy-exchange: "
_OFFLINE = "This call would be made for real, and nothing may leave the machine here."


async def pass_on(
    call: PlayedCall, request: GatewayRequest, reply: Reply, *, asked: Asked, usual: Handler | None
) -> None:
    """`asked` as it came. The headers go along: by the token in them the usual door knows whose it is."""
    if usual is None:
        failure = not_recorded(_OFFLINE)
        tell(reply, path=request.path, failure=failure, headers=call.headers())
        call.told(status=reply.status, ending=Ending.REFUSED, failure=failure)
        return
    ask = call.played.ask or asked
    headers = request.headers
    if ask.body != request.body:
        # It was unpacked, if it came packed.
        headers = [one for one in headers if one[0] not in (b"content-encoding", b"content-length")]
    path, _, query = ask.path.partition("?")
    going = GatewayRequest(
        method=request.method,
        path=path,
        query=query,
        headers=headers,
        body=ask.body,
        keep_alive=request.keep_alive,
        chunked=request.chunked,
        client=request.client,
    )
    try:
        await usual(going, reply)
    finally:
        call.went_live(exchange_id_of(reply))


def exchange_id_of(reply: Reply) -> str:
    """As the usual door told it; "" where it told none."""
    _, found, rest = reply.head.partition(_EXCHANGE)
    return rest.partition(b"\r\n")[0].decode("latin-1") if found else ""
