"""What users import, and what importing it costs them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

PUBLIC_NAMES = [
    "ExportStats",
    "agent",
    "current_run",
    "export_stats",
    "flush",
    "init",
    "outcome",
    "propagate",
    "score",
    "session",
    "shutdown",
    "tool",
]

SERVER_ONLY = {
    "alembic",
    "argon2",
    "chdb",
    "clickhouse_connect",
    "fastapi",
    "genai_prices",
    "grpc",
    "httptools",
    "httpx",
    "mcp",
    "orjson",
    "prometheus_client",
    "pyarrow",
    "pydantic",
    "rich",
    "sqlalchemy",
    "starlette",
    "typer",
    "uvicorn",
    "uvloop",
    "yaml",
}


def test_the_sdk_offers_these_names_and_no_others() -> None:
    import roadworthy

    assert sorted(roadworthy.__all__) == PUBLIC_NAMES
    assert all(callable(getattr(roadworthy, name)) for name in PUBLIC_NAMES)


def test_importing_the_sdk_brings_nothing_of_the_server() -> None:
    use = "[getattr(roadworthy, name) for name in roadworthy.__all__]"
    show = f"import sys, json, roadworthy; {use}; print(json.dumps(sorted(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)

    loaded = set(json.loads(shown.stdout))

    assert {name.split(".")[0] for name in loaded} & SERVER_ONLY == set()
    assert not [
        n for n in loaded if n.startswith("roadworthy.") and n.split(".")[1] not in {"sdk", "domain", "kit"}
    ]


def test_the_base_install_depends_on_opentelemetry_alone() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]

    assert all(need.startswith("opentelemetry-") for need in project["dependencies"])
