"""Failed runs in which people or the source marked the step to blame, in one visible table. Their licences
forbid shipping most of them: they are read from a folder that the caller names."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from roadworthy.features.debug.ranking.readings import Example
from roadworthy.features.debug.ranking.told import READ, Doer, ToldRun, ToldStep, broke, told

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
    told_steps = tuple(_step(step) for step in steps)
    asked = next((one.text for one in told_steps if one.name == "user"), "")
    return Example(
        run=ToldRun(task=line.get("question") or asked, steps=told_steps),
        blamed=int(mark),
        task=str(line.get("question_id") or line.get("task_id") or line.get("run_id")),
        dataset=dataset,
    )


def _step(step: dict[str, Any]) -> ToldStep:
    """By its role where it is a message of a chat, as the product tells runs (flows/told_runs.py); by its
    words where it is the line of an agent with a name."""
    role, name, text = str(step.get("role") or ""), str(step.get("name") or ""), _text(step.get("content"))
    calls = [one["function"] for one in step.get("tool_calls") or ()]
    said = "\n".join([text, *(f"{one['name']}({one['arguments']})" for one in calls)]).strip()[:READ]
    if role == "tool":
        return ToldStep(name=name or "tool", text=said, doer=Doer.RESULT, failed=broke(said[:400]))
    if role in {"user", "system"} and not name:
        return ToldStep(name=role, text=said, doer=Doer.CALLER)
    return told("", [(name or role or "agent", said)]).steps[0]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "" if content is None else orjson.dumps(content).decode()
