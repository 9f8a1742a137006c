"""Failed runs in which people or the source marked the step to blame, in one visible table. Their licences
forbid shipping most of them: they are read from a folder that the caller names."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from roadworthy.features.debug.ranking.fit import Example
from roadworthy.features.debug.ranking.told import told

TEAMS = ("whowhen_algorithm_generated", "tracertraj_code_test")
"""Agents that talk to each other."""
CONVERSATIONS = "agentrx_tau_retail"
"""One agent with a user and tools: fifteen runs."""
SOURCES = (*TEAMS, CONVERSATIONS)
"""What is learned from, and measured on by cross-validation."""


def examples_of(folder: Path, dataset: str) -> list[Example]:
    """FileNotFoundError where the folder does not have it. Runs without a mark, or whose mark lies behind
    their last step, are left out."""
    return examples_in(folder / f"{dataset}.jsonl.gz", dataset)


def examples_in(file: Path, dataset: str) -> list[Example]:
    """Of any file of this shape: a JSON object a line with `steps` [{name or role, content}], `question` and
    `mistake_step` (0-based), or `labels.root_step`; gzipped or not."""
    return [one for line in _lines(file) if (one := _example(orjson.loads(line), dataset)) is not None]


def _lines(file: Path) -> Iterator[bytes]:
    data = file.read_bytes()
    lines = (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines()
    yield from (line for line in lines if line.strip())


def _example(line: dict[str, Any], dataset: str) -> Example | None:
    mark = line.get("mistake_step", (line.get("labels") or {}).get("root_step"))
    steps = line["steps"]
    if mark is None or not str(mark).isdigit() or int(mark) >= len(steps):
        return None
    task = (
        line.get("question") or next((s.get("content") for s in steps if s.get("role") == "user"), "") or ""
    )
    return Example(
        run=told(task, [(_who(step), _said(step)) for step in steps]),
        blamed=int(mark),
        task=str(line.get("question_id") or line.get("task_id") or line.get("run_id")),
        dataset=dataset,
    )


def _who(step: dict[str, Any]) -> str:
    role = str(step.get("role") or "")
    if role == "tool":
        return f"tool {step.get('name') or ''}".strip()
    return str(step.get("name") or role or "agent")


def _said(step: dict[str, Any]) -> str:
    calls = step.get("tool_calls")
    text = step.get("content")
    said = text if isinstance(text, str) else "" if text is None else orjson.dumps(text).decode()
    return said + (f"\n{orjson.dumps(calls).decode()}" if calls else "")
