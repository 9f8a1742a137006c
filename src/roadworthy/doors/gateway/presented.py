"""The key that a request shows, wherever its SDK puts it."""

from __future__ import annotations

from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.drills.token import BAGGAGE, HEADER, split_presented
from roadworthy.features.gateway.keys.caller import presented_key

_HEADER = HEADER.encode()
_BAGGAGE = BAGGAGE.encode()


def key_of(request: GatewayRequest) -> str:
    """ "" where it shows none. A drill's token behind it is no part of it."""
    return split_presented(_shown(request))[0]


def drill_token_of(request: GatewayRequest) -> tuple[str, str]:
    """(token, baggage that may hold one), of the header or behind the key; "" outside of drills."""
    token, baggage = "", ""
    for name, value in request.headers:
        if name == _HEADER:
            token = token or value.decode("latin-1")
        elif name == b"baggage" and _BAGGAGE in value:
            baggage = value.decode("latin-1")
    return token or split_presented(_shown(request))[1], baggage


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
