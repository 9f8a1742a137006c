"""Credentials taken out of a request line, by the names of its parameters."""

from __future__ import annotations

import re

from roadworthy.kit.masking import mask_text
from roadworthy.kit.secret_patterns import is_secret_name

_QUERY_VALUE = re.compile(r"([?&])([^=&\s#]+)=([^&\s#]*)")
_SECRET_QUERY = frozenset({"key", "token", "sig", "signature", "auth", "code", "jwt"})


def masked_head(head: str) -> str:
    """A request line without the credentials in its address (Gemini's clients send `?key=`)."""

    def value(found: re.Match[str]) -> str:
        name = found[2].lower()
        if found[3] and (name in _SECRET_QUERY or is_secret_name(name)):
            return f"{found[1]}{found[2]}=[masked:query]"
        return found[0]

    return mask_text(_QUERY_VALUE.sub(value, head) if "?" in head else head).text
