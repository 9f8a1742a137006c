"""A package that is kept out is as if it were not installed, and what would have used it does without."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from roadworthy.kit.absent import keep_out
keep_out("pandas")
import pyarrow
assert pyarrow.array(["a", None]).to_pylist() == ["a", None]
assert "pandas" not in sys.modules
try:
    import pandas.core
except ModuleNotFoundError as error:
    print(error.name)
import json.tool
"""


def test_what_looks_for_it_does_without() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

    assert (ended.stdout.strip(), ended.stderr) == ("pandas", "")
