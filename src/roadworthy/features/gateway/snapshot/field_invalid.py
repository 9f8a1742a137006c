"""A draft of a route, provider, budget or limit that cannot be taken."""

from __future__ import annotations


class FieldInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """`field` as in the draft: `targets[1].provider`; `expected` reads after "expected"."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected
