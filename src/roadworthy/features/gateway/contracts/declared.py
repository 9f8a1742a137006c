"""What a system says of its tools, cleaned of what people cannot see, and what it is recognised by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolSpec
from roadworthy.domain.tool_contract import ToolDeclaration

LONGEST_DESCRIPTION = 16_000
# Control characters, zero width and direction marks, tag characters and variation selectors: a model reads
# what they spell, a person who reviews the text does not see it.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff\ud800-\udfff]"
)


def declaration_of(spec: ToolSpec) -> ToolDeclaration:
    """As it is said, hidden characters included: they count for the digest."""
    body: dict[str, Any] = {
        "description": _well_formed(spec.description),
        "arguments": _plain(spec.arguments),
        "result": _plain(spec.result) if spec.result is not None else None,
        "annotations": _plain(spec.annotations),
    }
    packed = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return ToolDeclaration(**body, digest=hashlib.sha256(packed).hexdigest()[:32])


def hidden_in(text: str) -> int:
    """How many characters nobody sees."""
    return len(_HIDDEN.findall(text))


def visible(text: str) -> str:
    """Without them, and not longer than a model should be made to read."""
    clean = _HIDDEN.sub("", text) if not text.isascii() or _HIDDEN.search(text) else text
    if len(clean) <= LONGEST_DESCRIPTION:
        return clean
    return clean[:LONGEST_DESCRIPTION] + " … (cut off)"


def visible_in(value: Any, *, depth: int = 0) -> Any:
    """The same for every text of a schema."""
    if isinstance(value, str):
        return visible(value)
    if depth > 60:
        return None
    if isinstance(value, Mapping):
        return {visible(str(name)): visible_in(one, depth=depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [visible_in(one, depth=depth + 1) for one in value]
    return value


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Lone surrogates, which JSON can spell and UTF-8 cannot, are replaced."""
    try:
        plain: dict[str, Any] = orjson.loads(orjson.dumps(value))
    except (TypeError, orjson.JSONEncodeError):
        plain = _well_formed(value)
    return plain


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_well_formed(str(name)): _well_formed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_well_formed(one) for one in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value) if abs(value) < 1e300 else None
    return value
