"""Do something once a module has been imported, or at once if it already is.

`init` runs before frameworks are imported or after; and importing ten installed frameworks to instrument
the one that is used would cost seconds.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

from roadworthy.sdk import faults


def when_imported(module: str, do: Callable[[], None]) -> None:
    """`do` is called by the thread that imports `module`, once its code has run; faults are absorbed."""
    if module in sys.modules:
        _do(module, do)
        return
    with _watcher.lock:
        _watcher.waiting.setdefault(module, []).append(do)
        if _watcher not in sys.meta_path:
            sys.meta_path.insert(0, _watcher)


def forget_waiting() -> None:
    with _watcher.lock:
        _watcher.waiting.clear()
        if _watcher in sys.meta_path:
            sys.meta_path.remove(_watcher)


def _do(module: str, do: Callable[[], None]) -> None:
    try:
        do()
    except Exception as error:  # noqa: BLE001
        faults.absorb(f"instrumenting {module}", error)


class _Watcher(MetaPathFinder):
    """Finds nothing itself: asks the finders after it, and has the loader they gave tell when it is done."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.waiting: dict[str, list[Callable[[], None]]] = {}
        self._asking = threading.local()

    def find_spec(  # positional: the import system calls it
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.waiting or getattr(self._asking, "name", "") == fullname:
            return None
        self._asking.name = fullname
        try:
            spec = find_spec(fullname)
        finally:
            self._asking.name = ""
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return None
        spec.loader = _Telling(spec.loader, fullname)
        return spec

    def done(self, fullname: str) -> None:
        with self.lock:
            calls = self.waiting.pop(fullname, [])
        for call in calls:
            _do(fullname, call)


class _Telling(Loader):
    """The module's own loader, which also says when the module's code has run."""

    def __init__(self, loader: Loader, fullname: str) -> None:
        self._loader = loader
        self._fullname = fullname

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # From here on nothing of ours is left on the module.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _watcher.done(self._fullname)


_watcher = _Watcher()
