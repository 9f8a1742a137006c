"""The key that a request shows, wherever its SDK puts it, and what stands behind it: the token of a drill or
of a replay, or the name of a run."""

from __future__ import annotations

from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug import token as replays
from roadworthy.features.gateway.drills import token as drills
from roadworthy.features.gateway.keys.presenting import presented_key
from roadworthy.features.gateway.recording.binding import without_run

_DRILL = drills.HEADER.encode()
_DRILL_BAGGAGE = drills.BAGGAGE.encode()
_REPLAY = replays.HEADER.encode()
_REPLAY_BAGGAGE = replays.BAGGAGE.encode()
_MAY_HOLD = frozenset({_REPLAY, b"baggage", b"authorization", b"x-api-key", b"x-goog-api-key"})
_BEHIND = f".{replays.PREFIX}.".encode()


def key_of(request: GatewayRequest) -> str:
    """ "" where it shows none. A token or a run behind it is no part of it."""
    shown = _shown(request)
    if "." not in shown:
        return shown
    return without_run(replays.split_presented(drills.split_presented(shown)[0])[0])


def drill_token_of(request: GatewayRequest) -> tuple[str, str]:
    """(token, baggage that may hold one), of the header or behind the key; "" outside of drills."""
    token, baggage = "", ""
    for name, value in request.headers:
        if name == _DRILL:
            token = token or value.decode("latin-1")
        elif name == b"baggage" and _DRILL_BAGGAGE in value:
            baggage = value.decode("latin-1")
    return token or drills.split_presented(_shown(request))[1], baggage


def replay_token_of(request: GatewayRequest) -> str:
    """Of the header, behind the key, or in the baggage; "" for a call that is in no replay."""
    baggage, behind = "", False
    for name, value in request.headers:
        if name not in _MAY_HOLD:
            continue
        if name == _REPLAY:
            return value.decode("latin-1")
        if name == b"baggage":
            baggage = value.decode("latin-1") if _REPLAY_BAGGAGE in value else baggage
        elif _BEHIND in value:
            behind = True
    token = replays.split_presented(_shown(request))[1] if behind else ""
    return token or (replays.token_of_baggage(baggage) if baggage else "")


def _shown(request: GatewayRequest) -> str:
    authorization = x_api_key = x_goog = ""
    for name, value in request.headers:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"x-api-key":
            x_api_key = value.decode("latin-1")
        elif name == b"x-goog-api-key":
            x_goog = value.decode("latin-1")
    return presented_key(authorization=authorization, x_api_key=x_api_key, x_goog_api_key=x_goog)
