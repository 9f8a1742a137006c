"""The gateway is there within half a second of being killed, and is small: it loads what calls need."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("chdb", "fastapi", "sqlalchemy", "alembic", "pandas", "numpy", "pyarrow", "grpc", "mcp", "uvicorn")


def test_a_gateway_loads_no_engine_and_no_framework() -> None:
    program = "import sys, roadworthy.app.gateway_room; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded.isdisjoint(HEAVY), sorted(loaded & set(HEAVY))
