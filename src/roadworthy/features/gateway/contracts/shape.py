"""What values looked like: learned one by one or merged, in any order, with the same end.

A shape only ever widens: whatever it has seen, the schema made of it accepts (`schema.py`). Its size is
bounded whatever is seen: depth, names, distinct values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.features.gateway.contracts.formats import ALL_FORMATS, formats_of

DEEPEST = 12
MOST_NAMES = 100
"""An object with more different names than this is a map: its names say nothing."""
MOST_VALUES = 24
"""Distinct texts that are kept while a closed set is still possible."""
LONGEST_VALUE = 40
MOST_ITEMS = 200
"""Of one array that are looked at, evenly chosen; the schema says nothing that the others could break."""


@dataclass(slots=True, kw_only=True)
class Shape:
    """Counts of what was seen in one place."""

    nulls: int = 0
    booleans: int = 0
    integers: int = 0
    numbers: int = 0
    """With a fraction, or written as one (1.0)."""
    least: float | None = None
    most: float | None = None
    strings: int = 0
    formats: frozenset[str] | None = None
    """That every text had; None before the first text."""
    values: dict[str, int] | None = field(default_factory=dict)
    """How often each text came; None: too many, or too long to be one of a set."""
    arrays: int = 0
    partly: bool = False
    """Some array was too long to be looked at whole: nothing may be said of its items."""
    items: Shape | None = None
    objects: int = 0
    names: dict[str, Shape] | None = field(default_factory=dict)
    """None: a map, whose values are in `rest`."""
    rest: Shape | None = None
    deeper: int = 0
    """Values that were too deep to be looked into."""

    @property
    def seen(self) -> int:
        scalars = self.nulls + self.booleans + self.integers + self.numbers + self.strings
        return scalars + self.arrays + self.objects + self.deeper

    def learn(self, value: Any, *, depth: int = 0) -> None:
        if depth >= DEEPEST:
            self.deeper += 1
        elif value is None:
            self.nulls += 1
        elif isinstance(value, bool):
            self.booleans += 1
        elif isinstance(value, int | float):
            self._learn_number(value)
        elif isinstance(value, str):
            self._learn_text(value)
        elif isinstance(value, list | tuple):
            self._learn_array(value, depth=depth)
        elif isinstance(value, Mapping):
            self._learn_object(value, depth=depth)
        else:
            raise TypeError(f"a JSON value was expected, not {type(value).__name__}")

    def _learn_number(self, value: int | float) -> None:
        if isinstance(value, int):
            self.integers += 1
        else:
            self.numbers += 1
        try:
            near = float(value)
        except OverflowError:
            near = float("inf") if value > 0 else float("-inf")
        self.least = near if self.least is None else min(self.least, near)
        self.most = near if self.most is None else max(self.most, near)

    def _learn_text(self, value: str) -> None:
        self.strings += 1
        if self.formats is None or self.formats:
            self.formats = formats_of(value, among=ALL_FORMATS if self.formats is None else self.formats)
        if self.values is None:
            return
        if len(value) > LONGEST_VALUE or (value not in self.values and len(self.values) >= MOST_VALUES):
            self.values = None
        else:
            self.values[value] = self.values.get(value, 0) + 1

    def _learn_array(self, value: list[Any] | tuple[Any, ...], *, depth: int) -> None:
        self.arrays += 1
        looked_at = value
        if len(value) > MOST_ITEMS:
            self.partly = True
            step = len(value) / MOST_ITEMS
            looked_at = [value[int(place * step)] for place in range(MOST_ITEMS)]
        for one in looked_at:
            if self.items is None:
                self.items = Shape()
            self.items.learn(one, depth=depth + 1)

    def _learn_object(self, value: Mapping[str, Any], *, depth: int) -> None:
        self.objects += 1
        if self.names is not None and len(self.names.keys() | value.keys()) > MOST_NAMES:
            self._become_map()
        for name, one in value.items():
            if self.names is not None:
                here = self.names.setdefault(name, Shape())
            else:
                here = self.rest = self.rest or Shape()
            here.learn(one, depth=depth + 1)

    def _become_map(self) -> None:
        rest = self.rest or Shape()
        for shape in (self.names or {}).values():
            rest.merge(shape)
        self.names, self.rest = None, rest

    def merge(self, other: Shape) -> None:
        """As if this one had seen what the other has."""
        self.nulls += other.nulls
        self.booleans += other.booleans
        self.integers += other.integers
        self.numbers += other.numbers
        self.strings += other.strings
        self.arrays += other.arrays
        self.objects += other.objects
        self.deeper += other.deeper
        self.partly = self.partly or other.partly
        self.least = _either(min, self.least, other.least)
        self.most = _either(max, self.most, other.most)
        if other.formats is not None:
            self.formats = other.formats if self.formats is None else self.formats & other.formats
        self._merge_values(other)
        if other.items is not None:
            self.items = self.items or Shape()
            self.items.merge(other.items)
        self._merge_names(other)

    def _merge_values(self, other: Shape) -> None:
        if self.values is None or other.values is None:
            self.values = None
            return
        for text, count in other.values.items():
            self.values[text] = self.values.get(text, 0) + count
        if len(self.values) > MOST_VALUES:
            self.values = None

    def _merge_names(self, other: Shape) -> None:
        too_many = (
            self.names is None
            or other.names is None
            or len(self.names.keys() | other.names.keys()) > MOST_NAMES
        )
        if too_many and self.names is not None:
            self._become_map()
        for name, shape in (other.names or {}).items():
            if self.names is not None:
                self.names.setdefault(name, Shape()).merge(shape)
            else:
                self.rest = self.rest or Shape()
                self.rest.merge(shape)
        if other.rest is not None:
            self.rest = self.rest or Shape()
            self.rest.merge(other.rest)


def _either(choose: Any, one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    chosen: float = choose(one, other)
    return chosen
