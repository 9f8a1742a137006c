"""What a start needed once is given back, and is there again when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from roadworthy.kit.memory import let_go_of_code

_CHILD = """
import re, sys
import orjson
from roadworthy.kit.memory import let_go_of_code

def resident():
    kept = 0
    for line in open("/proc/self/smaps"):
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            mine = " r-xp " in line and "orjson" in line
        elif mine and line.startswith("Rss:"):
            kept += int(line.split()[1])
    return kept

orjson.dumps(list(range(1000)))
before = resident()
looked_through = let_go_of_code("orjson")
after = resident()
print(before, after, looked_through, orjson.dumps([1, 2]).decode())
"""


def test_code_that_was_let_go_of_is_mapped_again_when_it_is_called() -> None:
    if not Path("/proc/self/smaps").exists():
        pytest.skip("only Linux tells what is mapped")
    said = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=True)
    before, after, looked_through, answer = said.stdout.split(maxsplit=3)
    assert int(after) < int(before)
    assert int(looked_through) > 0
    assert answer.strip() == "[1,2]"


def test_a_library_nobody_loaded_is_no_fault() -> None:
    assert let_go_of_code("a library that nobody has") == 0
