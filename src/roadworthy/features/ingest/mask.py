"""Secrets are masked before anything is stored: nobody who reads runs may find a key in them.

Batches are screened twice. Compiled code (`native/secrets.c`, where there is a compiler) leaves out the spans
that hold nothing a secret begins with or stands behind, at 0.3 ns a byte. Over the others RE2 (through Arrow)
runs all patterns in one pass, about 2 ns a byte, where `re` needs 30 times as long. Only texts the screen
points at are searched kind by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from roadworthy.domain.span import Span, SpanFlag
from roadworthy.kit.compiled import COMPILED
from roadworthy.kit.masking import Masked
from roadworthy.kit.masking import mask_text as mask_text
from roadworthy.kit.secret_patterns import SECRETS, is_secret_name

SCREEN_FROM = 4
"""Texts fewer than this are searched at once: building the screen costs as much as searching a few."""
KNOWN_KEYS_LIMIT = 20_000

_TEXTS = ("name", "input", "output", "tool_definitions", "error", "outcome_reason", "events", "links")
_texts = attrgetter(*_TEXTS)
_RUN_TRIGGERS = tuple(trigger.encode() for secret in SECRETS if secret.one_run for trigger in secret.triggers)
_secret_suspects: Any = getattr(COMPILED, "secret_suspects", None)


def mask_texts(texts: Sequence[str]) -> list[Masked]:
    """Many texts at once: what `mask_text` gives for each, at a tenth of the cost."""
    suspects = _screen(texts)
    return [
        mask_text(text) if suspect else Masked(text=text, count=0)
        for text, suspect in zip(texts, suspects, strict=True)
    ]


def mask_span(span: Span) -> Span:
    """Mask every string of the span in place, and say so in its flags. For batches use `mask_spans`."""
    _mask_fields(span)
    return span


def mask_spans(spans: Sequence[Span]) -> int:
    """Mask every string of the spans in place; how many spans held a secret."""
    suspects = _suspects(spans)
    masked = 0
    for number, span in enumerate(spans):
        if number in suspects or _NAMES.any_secret(span.attributes):
            masked += _mask_fields(span)
    return masked


def _suspects(spans: Sequence[Span]) -> set[int]:
    """Numbers of the spans that may hold a secret; all that do."""
    possible = _possible(spans)
    found = _screen([_all_text(spans[number]) for number in possible])
    return {number for number, suspect in zip(possible, found, strict=True) if suspect}


def _possible(spans: Sequence[Span]) -> Sequence[int]:
    """More of them, at less; all spans where nothing is compiled."""
    found = _secret_suspects and _secret_suspects(list(spans), (*_TEXTS, "attributes"), _RUN_TRIGGERS)
    return range(len(spans)) if found is None else found


def _all_text(span: Span) -> str:
    return "\n".join((*_texts(span), *span.attributes.values()))


def _mask_fields(span: Span) -> bool:
    count = 0

    def clean(text: str) -> str:
        nonlocal count
        masked = mask_text(text)
        count += masked.count
        return masked.text

    for name in _TEXTS:
        setattr(span, name, clean(getattr(span, name)))
    for key, value in span.attributes.items():
        if _NAMES.is_secret(key) and value and not value.startswith("[masked:"):
            span.attributes[key] = "[masked:named_secret]"
            count += 1
        else:
            span.attributes[key] = clean(value)
    if count and SpanFlag.MASKED not in span.flags:
        span.flags = (*span.flags, SpanFlag.MASKED)
    return count > 0


def _screen(texts: Sequence[str]) -> Sequence[bool]:
    """Which texts may hold a secret; all of them where screening is not worth it or cannot be done."""
    if len(texts) < SCREEN_FROM:
        return [True] * len(texts)
    # Here, because the front masks single texts only and does not carry Arrow (40 MB) for it.
    from roadworthy.features.ingest.secret_screen import suspects

    return suspects(texts)


class _KeyNames:
    """Which attribute keys name a secret, remembered: traffic repeats the same few hundred."""

    def __init__(self, judge: Callable[[str], bool]) -> None:
        self._judge = judge
        self._harmless: set[str] = set()

    def is_secret(self, key: str) -> bool:
        if key in self._harmless:
            return False
        if self._judge(key):
            return True
        if len(self._harmless) >= KNOWN_KEYS_LIMIT:  # hostile traffic makes up keys without end
            self._harmless.clear()
        self._harmless.add(key)
        return False

    def any_secret(self, attributes: dict[str, str]) -> bool:
        return not self._harmless.issuperset(attributes) and any(self.is_secret(key) for key in attributes)


_NAMES = _KeyNames(is_secret_name)
