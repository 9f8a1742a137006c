"""Fields of an OpenSLO document, taken one by one: what nobody took cannot be mapped, and is named."""

from __future__ import annotations

import math
from typing import Any


class OpenSloInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """`field` is where, such as "SLO checkout: spec.objectives[0].target"; `expected` what belongs there."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


class Fields:
    """A mapping of a document. `done` refuses what was not taken."""

    def __init__(self, value: object, *, where: str) -> None:
        if not isinstance(value, dict):
            raise OpenSloInvalid(where, expected=f"a mapping, not {shown(value)}")
        self._left: dict[Any, Any] = dict(value)
        self.where = where

    def at(self, name: str) -> str:
        return f"{self.where}.{name}" if not self.where.endswith(": ") else f"{self.where}{name}"

    def has(self, name: str) -> bool:
        return name in self._left

    def bad(self, name: str, *, expected: str) -> OpenSloInvalid:
        return OpenSloInvalid(self.at(name), expected=expected)

    def peek(self, name: str) -> Any:
        """Without taking it."""
        return self._left.get(name)

    def any(self, name: str) -> Any:
        return self._left.pop(name, None)

    def text(self, name: str, *, default: str | None = None, most: int = 1050) -> str:
        value = self._left.pop(name, default)
        if not isinstance(value, str) or len(value) > most:
            raise self.bad(name, expected=f"text of at most {most} characters, not {shown(value)}")
        return value

    def choice(self, name: str, *choices: str, default: str | None = None) -> str:
        value = self.text(name, default=default)
        if value not in choices:
            raise self.bad(name, expected=f"{' or '.join(choices)}, not {shown(value)}")
        return value

    def number(self, name: str, *, default: float | None = None) -> float:
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.bad(name, expected=f"a number, not {shown(value)}")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise self.bad(name, expected=f"true or false, not {shown(value)}")
        return value

    def fields(self, name: str) -> Fields:
        return Fields(self._left.pop(name, None), where=self.at(name))

    def list(self, name: str, *, default: list[Any] | None = None) -> list[Any]:
        value = self._left.pop(name, default)
        if not isinstance(value, list):
            raise self.bad(name, expected=f"a list, not {shown(value)}")
        return value

    def done(self) -> None:
        for name in self._left:
            raise OpenSloInvalid(self.at(str(name)[:80]), expected="nothing: this cannot be mapped")


def shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:80]
