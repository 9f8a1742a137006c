"""The key that a request shows, wherever its SDK puts it."""

from __future__ import annotations

from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.keys.caller import presented_key


def key_of(request: GatewayRequest) -> str:
    """ "" where it shows none."""
    authorization = x_api_key = x_goog = ""
    for name, value in request.headers:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"x-api-key":
            x_api_key = value.decode("latin-1")
        elif name == b"x-goog-api-key":
            x_goog = value.decode("latin-1")
    return presented_key(authorization=authorization, x_api_key=x_api_key, x_goog_api_key=x_goog)
