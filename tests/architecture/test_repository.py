"""What the repository promises to whoever clones it."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

# Spelled so that this file does not hold what it looks for.
PRIVATE = re.compile(r"/wor[k]/|/roo[t]/|/home/\w+/|[.]librar[y]|far[m]-\w+")
ADDRESS_IN_LOCK = re.compile(r"https?://|file:|--index-url|--find-links|\"resolved\"")


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=REPO,
        capture_output=True,
        check=True,
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := REPO / name).is_file()]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    leaks = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        leaks += [
            f"{path.relative_to(REPO)}:{number}: {found.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (found := PRIVATE.search(line))
        ]

    assert leaks == []


@pytest.mark.parametrize("lock", ["build", "server", "dev"])
def test_python_locks_hold_hashes_and_no_index(lock: str) -> None:
    text = (REPO / "requirements" / f"{lock}.lock").read_text()

    pinned = re.findall(r"^[a-z0-9][^ ]*==[^ ]+", text, re.MULTILINE)
    assert pinned
    assert len(re.findall(r"--hash=sha256:", text)) >= len(pinned)
    assert not ADDRESS_IN_LOCK.search(text)


def test_the_web_lock_holds_hashes_and_no_registry() -> None:
    text = (REPO / "web" / "package-lock.json").read_text()

    assert '"integrity"' in text
    assert not re.search(r'"resolved":', text)


def test_the_web_lock_knows_every_package_for_every_platform() -> None:
    """npm leaves out of a lock, silently, what a registry did not have; `npm ci` then refuses the lock."""
    packages = json.loads((REPO / "web" / "package-lock.json").read_text())["packages"]
    present = {place.rpartition("node_modules/")[2] for place in packages}

    wanted = {
        name
        for package in packages.values()
        for name in {**package.get("dependencies", {}), **package.get("optionalDependencies", {})}
    }

    assert wanted - present == set()


def test_what_pyproject_asks_for_is_locked() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    server = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["server"]
    dev = project["dependency-groups"]["dev"]

    assert _names(server) <= _locked("server")
    assert _names(server + dev) <= _locked("dev")


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    needs = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["server"]
    document = (REPO / "docs" / "DEPENDENCIES.md").read_text()

    explained = {_plain(name) for name in re.findall(r"^\| `([^`]+)`", document, re.MULTILINE)}

    assert _names(needs) <= explained
    known = _names(needs + project["dependency-groups"]["dev"]) | _web_packages() | _locked("build")
    assert explained <= known


def test_decision_records_are_complete() -> None:
    records = sorted((REPO / "docs" / "adr").glob("[0-9]*.md"))

    assert records
    for record in records:
        text = record.read_text()
        for part in ("## Context", "## Decision", "## Consequences", "## What would change our mind"):
            assert part in text, f"{record.name} lacks {part!r}"
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("document", _tracked("*.md"), ids=lambda path: str(path.relative_to(REPO)))
def test_links_in_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_make_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in _tracked("*.md")
        for target in re.findall(r"`make ([a-z-]+)", document.read_text())
        + re.findall(r"^ *\$? ?make ([a-z-]+)", document.read_text(), re.MULTILINE)
    }

    assert named - targets == set()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: list[str]) -> set[str]:
    return {_plain(re.split(r"[\[<>=!~; ]", each)[0]) for each in requirements}


def _locked(lock: str) -> set[str]:
    text = (REPO / "requirements" / f"{lock}.lock").read_text()
    return {_plain(name) for name in re.findall(r"^([a-z0-9][^ =\[]*)", text, re.MULTILINE)}


def _web_packages() -> set[str]:
    package = json.loads((REPO / "web" / "package.json").read_text())
    return {_plain(name) for name in {**package["dependencies"], **package["devDependencies"]}}
