"""What a file wishes to be registered, before it is held against what is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.features.registry.records import Kind

LONGEST_TEXT = 2_000_000
"""Characters of a file."""
MOST_WISHES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`fields` are those of the noun that the file speaks of; the others stay as they are."""

    kind: Kind
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    where: str
    """Like "line 12" or "document 3 (Component support)"."""
    mentioned: bool = False
    """Only named by others: it is entered where it is not known, and else left alone."""
    joins: bool = False
    """Whether lists are added to those that are there, instead of taking their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFault:
    """What cannot be taken, and what was expected."""

    where: str
    field: str
    expected: str


@dataclass(slots=True, kw_only=True)
class Draft:
    """All that was read of a file. `notes` are plain words about what was left out."""

    wishes: list[Wish] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, where: str, *, field: str, expected: str) -> None:
        self.faults.append(ImportFault(where=where, field=field, expected=expected))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    types: tuple[str, ...] = ()
    """Backstage: values of spec.type that are agents, beside `agent` and `ai-agent`."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """CODEOWNERS: path in the repository, by agent."""
    template: str = ""
    """CODEOWNERS: where agents live, like agents/{agent}/."""
    dialect: str = ""
    """CODEOWNERS: github or gitlab; "" is told from whether the file has sections."""
