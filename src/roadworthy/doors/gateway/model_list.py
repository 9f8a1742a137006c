"""`GET /v1/models`, in the words of whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

import orjson


def model_list(names: Sequence[str], *, anthropic: bool) -> bytes:
    if anthropic:
        listed = [{"type": "model", "id": name, "display_name": name} for name in names]
        return orjson.dumps({"data": listed, "has_more": False, "first_id": None, "last_id": None})
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "roadworthy"} for name in names]
    return orjson.dumps({"object": "list", "data": models})
