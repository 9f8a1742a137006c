"""`Idempotency-Key` on POSTs: a request that is sent again is answered again, not done again."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Annotated

import orjson
from fastapi import Header
from pydantic import BaseModel
from starlette.responses import Response

from roadworthy.doors.rest.context import RestContext
from roadworthy.doors.rest.problems import Problem

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Repeating a request with the same key gives the first answer again, for a day",
    ),
]
# Protects the time between "was it done?" and "it was done" against the same request sent twice at once.
# One lock for all: these requests are rare and short.
_LOCK = threading.Lock()


def once(
    ctx: RestContext,
    *,
    key: str | None,
    project: str,
    action: str,
    body: BaseModel,
    make: Callable[[], BaseModel],
    status: int = 201,
    forget: frozenset[str] = frozenset(),
) -> Response:
    """Calls `make` unless this key was seen; fields in `forget` are null when the answer is given again."""
    if key is None:
        return _json(make().model_dump_json(by_alias=True).encode(), status=status)
    request_hash = hashlib.sha256(f"{action}\n{body.model_dump_json()}".encode()).hexdigest()
    with _LOCK:
        seen = ctx.metadata.remembered_response(project, key)
        if seen is not None:
            if seen[0] != request_hash:
                raise Problem(
                    422,
                    code="idempotency_key_reused",
                    title="This Idempotency-Key was used for another request",
                    detail="header.idempotency-key: use a new one for each different request",
                )
            return _json(seen[1], status=status, replayed=True)
        made = make()
        kept = made.model_dump(mode="json", by_alias=True) | dict.fromkeys(forget)
        ctx.metadata.remember_response(
            project, key, request_hash=request_hash, body=orjson.dumps(kept), at_ns=time.time_ns()
        )
    return _json(made.model_dump_json(by_alias=True).encode(), status=status)


def _json(body: bytes, *, status: int, replayed: bool = False) -> Response:
    headers = {"Idempotency-Replayed": "true"} if replayed else None
    return Response(body, status_code=status, media_type="application/json", headers=headers)
