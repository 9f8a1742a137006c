"""Answers as bytes, written in the thread of the route.

What a route returns as a model FastAPI writes in the event loop, and middleware would compress there too:
a run of megabytes would hold up every other request.
"""

from __future__ import annotations

import zlib
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

_WORTH_COMPRESSING = 16_384
"""Bytes. Below, the packets saved are not worth the time."""
_FASTEST = 1
VARIES = {"vary": "Accept-Encoding"}


class Answer:
    """Makes responses of one request; compressed where that is worth it and the client can read it."""

    def __init__(self, request: Request) -> None:
        self._compressed = accepts_gzip(request)

    def __call__(self, page: BaseModel) -> Response:
        content = page.model_dump_json(by_alias=True).encode()
        headers = dict(VARIES)
        if self._compressed and len(content) >= _WORTH_COMPRESSING:
            content = zlib.compress(content, _FASTEST, wbits=zlib.MAX_WBITS | 16)
            headers["content-encoding"] = "gzip"
        return Response(content, media_type="application/json", headers=headers)


async def _answer(request: Request) -> Answer:
    return Answer(request)


Answering = Annotated[Answer, Depends(_answer)]


def accepts_gzip(request: Request) -> bool:
    for offered in request.headers.get("accept-encoding", "").split(","):
        coding, _, quality = offered.strip().lower().partition(";")
        if coding.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
