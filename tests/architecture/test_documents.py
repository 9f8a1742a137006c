"""Commands, addresses and settings that the documents name exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from roadworthy.doors.cli.main import app
from roadworthy.features.ingest.dialects.table import BY_NAME as DIALECTS

REPO = Path(__file__).resolve().parents[2]
DOCUMENTS = [REPO / "README.md", REPO / "CONTRIBUTING.md", *sorted((REPO / "docs").rglob("*.md"))]

COMMAND = re.compile(r"(?:^|`)\s*\$?\s*roadworthy ([a-z][^`#\n]*)", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
ADDRESS = re.compile(r"/api/v1(/[a-z_{}/-]+)")


def _names(document: Path) -> str:
    return str(document.relative_to(REPO))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_names)
def test_commands_in_documents_exist_with_their_options(document: Path) -> None:
    for line in COMMAND.findall(document.read_text()):
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)
        while words and (below := getattr(command, "commands", None)):
            name = words.pop(0)
            assert name in below, f"roadworthy {line}: no command {name}"
            command = below[name]
        options = {option for parameter in command.params for option in parameter.opts}
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options | {"--help"}, f"roadworthy {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_names)
def test_addresses_in_documents_exist(document: Path) -> None:
    paths = json.loads((REPO / "web" / "openapi.json").read_text())["paths"]
    shapes = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "/?") for path in paths]
    for found in ADDRESS.findall(document.read_text()):
        path = f"/api/v1{found}"
        served = path == "/api/v1/openapi.json" or path.rstrip("/") + ".json" == "/api/v1/openapi.json"
        assert served or any(shape.fullmatch(path) for shape in shapes), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=_names)
def test_tests_that_documents_name_exist(document: Path) -> None:
    for path, name in TEST.findall(document.read_text()):
        file = REPO / path
        assert file.is_file(), path
        assert not name or f"def {name}(" in file.read_text(), f"{path}::{name}"


def test_every_flag_in_the_settings_reference_is_one_of_up() -> None:
    root: Any = typer.main.get_command(app)
    offered = {option for parameter in root.commands["up"].params for option in parameter.opts}

    named = set(re.findall(r"`(--[a-z-]+)`", (REPO / "docs" / "reference" / "settings.md").read_text()))

    assert named == offered - {"--help"}


def test_every_dialect_stands_in_the_reference() -> None:
    said = (REPO / "docs" / "reference" / "dialects.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", said, re.MULTILINE)) >= DIALECTS.keys()
