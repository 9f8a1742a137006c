"""Secrets taken out of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadworthy.kit.secret_patterns import SECRETS, Secret

_PATTERNS: tuple[tuple[Secret, re.Pattern[str]], ...] = tuple(
    (secret, re.compile(secret.pattern, re.ASCII)) for secret in SECRETS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text without its secrets, each replaced by `[masked:<kind>]`, and how many there were."""

    text: str
    count: int


def mask_text(text: str) -> Masked:
    """One text on its own. Masking a masked text changes nothing."""
    lowered = text.lower()
    count = 0
    for secret, pattern in _PATTERNS:
        if any(trigger in lowered for trigger in secret.triggers):
            text, found = _replace(text, secret, pattern)
            count += found
    return Masked(text=text, count=count)


def _replace(text: str, secret: Secret, pattern: re.Pattern[str]) -> tuple[str, int]:
    count = 0
    part = "secret" if "secret" in pattern.groupindex else 0

    def put(match: re.Match[str]) -> str:
        nonlocal count
        if secret.is_secret is not None and not secret.is_secret(match):
            return match.group()
        count += 1
        start, end = match.span(part)
        at = match.start()
        return f"{match.group()[: start - at]}[masked:{secret.kind}]{match.group()[end - at :]}"

    return pattern.sub(put, text), count
