"""What the code imports is what pyproject.toml declares: no luck with somebody else's dependencies."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PACKAGE = REPO / "src" / "roadworthy"

NEVER_IMPORTED = {
    "httptools": "uvicorn uses it where it is installed",
    "chdb": "clickhouse-connect finds it as a backend",
    "psycopg": "SQLAlchemy finds it as a driver",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}

_STANDARD = sys.stdlib_module_names | {"roadworthy", "__future__", "compression"}
"""`compression` is of Python 3.14; before that its backport is declared."""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(folder: Path, *, leaving_out: Path | None = None) -> set[str]:
    """Dotted names of the modules that the files of a folder import, inside functions too."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        if leaving_out is not None and path.is_relative_to(leaving_out):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {n for n in names if n.split(".")[0] not in _STANDARD}


def _candidates(module: str) -> set[str]:
    """Distributions that may have brought a module; namespaces such as `google` have several."""
    return {_plain(each) for each in _distributions().get(module.split(".")[0], [])}


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def _declared(*requirements: str) -> set[str]:
    return {_plain(re.split(r"[\[<>=!~; ]", each)[0]) for each in requirements}


def _project() -> tuple[set[str], set[str]]:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    base = _declared(*project["dependencies"])
    return base, base | _declared(*project["optional-dependencies"]["server"])


def test_every_import_of_the_server_is_declared() -> None:
    _, declared = _project()

    strangers = {m.split(".")[0] for m in _imported(PACKAGE) if not _candidates(m) & declared}

    assert strangers == set()


def test_every_import_of_the_sdk_is_in_the_base_install() -> None:
    base, _ = _project()
    # The API comes with the SDK, by OpenTelemetry's own promise.
    base |= {"opentelemetry-api", "opentelemetry-proto"}

    strangers = {m for m in _imported(PACKAGE / "sdk") if not _candidates(m) & base}

    assert strangers == set()


def test_every_import_of_the_tests_is_declared() -> None:
    groups = tomllib.loads((REPO / "pyproject.toml").read_text())["dependency-groups"]
    _, declared = _project()
    declared |= _declared(*groups["dev"])
    # Parts of what is declared, by their makers' own documentation.
    declared |= {"opentelemetry-api", "anyio", "pydantic-core"}
    # Agents of real frameworks run in an environment of their own (requirements/demo.in).
    agents = REPO / "tests" / "fixtures" / "agents" / "sums" / "by"
    imported = _imported(REPO / "tests", leaving_out=agents) | _imported(REPO / "scripts")

    own = {"tests", "scripts", "benchmarks", "examples"}
    strangers = {m.split(".")[0] for m in imported if not _candidates(m) & declared} - own

    assert strangers == set()


def test_every_declared_dependency_is_used() -> None:
    _, declared = _project()
    used = {distribution for module in _imported(PACKAGE) for distribution in _candidates(module)}

    assert declared - used - NEVER_IMPORTED.keys() == set()
