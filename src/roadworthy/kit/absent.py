"""Packages that libraries load when they find them installed, and that a process has no use for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Absent(MetaPathFinder):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"{fullname} is kept out of this process", name=fullname)
        return None


def keep_out(*names: str) -> None:
    """In this process, these packages are from now on as if they were not installed; those already loaded
    stay. pandas comes with the engine and is loaded by pyarrow with the first array: 47 MiB for nothing."""
    sys.meta_path.insert(0, _Absent(frozenset(names)))
