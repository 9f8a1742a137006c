"""A core is ready when what every core needs is loaded; what a job in a hundred needs comes with the job."""

from __future__ import annotations

import subprocess
import sys

SELDOM = ("scipy", "sklearn", "pandas", "sqlglot", "asyncssh", "alembic", "mcp", "grpc", "rich", "typer")


def test_a_core_loads_nothing_that_is_seldom_needed() -> None:
    program = "import sys, roadworthy.app.core_room; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(SELDOM), sorted(loaded & set(SELDOM))
