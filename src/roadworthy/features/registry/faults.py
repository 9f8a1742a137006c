"""How the registry refuses: what is wrong, where, and what was expected instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`field` is a path like "layers.0.people.1", "" for the thing as a whole."""

    field: str
    expected: str


class RegistryInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """Some fields cannot be so. Nothing was kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{one.field}: {one.expected}" for one in faults))
        self.faults = tuple(faults)


class RegistryInUse(Exception):  # noqa: N818
    """It cannot be deleted: others refer to it. `references` names them."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__("it is referred to by " + ", ".join(references))
        self.references = tuple(references)


class RegistryChanged(Exception):  # noqa: N818
    """Somebody else changed it since the caller read it. Nothing was kept."""
