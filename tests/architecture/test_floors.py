"""The house of docs/ARCHITECTURE.md, checked: floors, names, sizes, and what may be imported where."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PACKAGE = REPO / "src" / "roadworthy"
MODULES = sorted(PACKAGE.rglob("*.py"))

VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?|stuff)(_|$)")

LOOK_AGAIN_LINES = 400
LONGER_FOR_A_REASON: dict[str, str] = {}
"""File → why it reads better whole. An entry for a file that is short again fails the test too."""


def test_imports_keep_to_the_floors() -> None:
    lint = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout[lint.stdout.find("Contracts:") :]


def test_every_floor_has_its_place_in_the_contract() -> None:
    contract = configparser.ConfigParser()
    contract.read(REPO / ".importlinter")
    floors = contract["importlinter:contract:floors"]

    assert floors["exhaustive"] == "True"
    listed = set(re.findall(r"\w+", floors["layers"]))
    present = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert listed == present


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_names_say_what_they_hold(module: Path) -> None:
    assert not [
        part for part in (*module.parent.relative_to(PACKAGE).parts, module.stem) if VAGUE_NAMES.search(part)
    ]


def test_files_are_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(PACKAGE)): lines
        for path in MODULES
        if (lines := len(path.read_text().splitlines())) > LOOK_AGAIN_LINES
    }

    assert long.keys() == LONGER_FOR_A_REASON.keys(), long


def test_package_front_doors_are_empty() -> None:
    """Import a thing from where it is defined; only the SDK has a front door."""
    allowed = {PACKAGE / "__init__.py", PACKAGE / "sdk" / "__init__.py"}

    speaking = [
        path
        for path in PACKAGE.rglob("__init__.py")
        if path not in allowed and any(not _is_docstring(node) for node in ast.parse(path.read_text()).body)
    ]

    assert speaking == []


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_calls_read_without_the_signature_beside_them(module: Path) -> None:
    """Arguments past the first few are named by the caller (style.md, 12).

    Three may be positional where their order is the same everywhere: `(session, project, query)`. Commands,
    tools and web routes are called by their framework alone, by name.
    """
    if module.is_relative_to(PACKAGE / "doors" / "cli") or module.is_relative_to(PACKAGE / "doors" / "mcp"):
        return
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not node.decorator_list
        and len([a for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]) > 3
    ]

    assert found == []
