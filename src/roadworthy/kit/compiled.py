"""The part of the package that is compiled (`native/`), where a C compiler was at hand when it was installed.

Each function of it has a twin in Python, which says the same. The twin is used where there is none, where
`ROADWORTHY_COMPILED=0` is set, and for whatever is out of the ordinary. A worker that a fault of a program
killed is started with it set (`app.worker_process`).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

SWITCH = "ROADWORTHY_COMPILED"
"""Name of the environment variable."""


def _loaded() -> Any:
    if os.environ.get(SWITCH) == "0":
        return None
    try:
        return import_module("roadworthy.kit._compiled")
    except ImportError:
        return None


COMPILED: Any = _loaded()
"""The module, or None."""
