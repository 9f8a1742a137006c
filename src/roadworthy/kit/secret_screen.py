"""Whether a text may hold a secret: all patterns in one pass of a linear engine, about 2 ns a byte.

For processes that have no use for Arrow (`features/ingest/secret_screen` asks RE2 about whole batches). A
screen never decides: what it points at is searched kind by kind (`kit.masking`).
"""

from __future__ import annotations

import re

import jsonschema_rs

from roadworthy.kit.secret_patterns import SECRETS

_SPACE = r" \t\n\r\f\v"


def suspect(text: str) -> bool:
    """False only where `mask_text` would change nothing. A text that is no Unicode is suspect."""
    try:
        return _SCREEN.is_valid(text)
    except (UnicodeEncodeError, ValueError):  # a lone surrogate, which UTF-8 cannot hold
        return True


def _screening(pattern: str) -> str:
    """The pattern without names, ASCII only as `mask_text` reads it, and without what may follow once a match
    is certain (fewer states)."""
    unnamed = re.sub(r"\(\?P<\w+>", "(?:", pattern)
    short = re.sub(r"(\{\d+),\d*\}(?:=\*|=\{0,2\})?(\)?)$", r"\1}\2", unnamed)
    in_class = re.sub(r"(\[\^?[^\]]*?)\\s", lambda found: found[1] + _SPACE, short)
    return in_class.replace(r"\s", f"[{_SPACE}]").replace(r"\b", r"(?-u:\b)")


_SCREEN = jsonschema_rs.validator_for(
    {"type": "string", "pattern": "|".join(f"(?:{_screening(secret.pattern)})" for secret in SECRETS)},
    offline=True,
    pattern_options=jsonschema_rs.RegexOptions(),
)
