"""Runs that took far longer, or used far more, than their like: real times and tokens, multiplied.

The histories are those of MCPMark: a model at work on one service, each task once or more often.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.planted.conversation import Conversation
from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.judge.evaluation.split import Half, half_of
from roadworthy.features.judge.history import ENOUGH, History, history_of
from roadworthy.features.judge.transcript import Transcript

DATASET = "mcpmark_outcomes"
FACTORS = {"5 times": 5, "10 times": 10, "30 times": 30}
"""How many times the median of its like a planted run takes, or uses."""
_USD_A_TOKEN = (3e-6, 15e-6)
"""In, out: one price for all, as only what runs of one model cost beside each other counts."""
_RUNS_EACH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A run of a group with the history of its like, itself left out."""

    half: Half
    history: History
    run: Run


def runs_with_history(folder: Path, *, like: Conversation) -> Iterator[Usual]:
    """Some runs of every group of a model and a service that is large enough, in the order of the file.
    FileNotFoundError where the folder does not have the set."""
    groups: dict[tuple[str, str], list[Run]] = defaultdict(list)
    blank = like.transcript().run
    with gzip.open(folder / f"{DATASET}.jsonl.gz") as lines:
        for line in lines:
            row = json.loads(line)
            if row["success"] and not row["error"] and row["seconds"] and row["tok_in"] is not None:
                groups[row["model"], row["service"]].append(_run(blank, row))
    for (model, service), runs in groups.items():
        if len(runs) <= ENOUGH:
            continue
        for at in random.Random(model).sample(range(len(runs)), _RUNS_EACH):
            history = history_of([*runs[:at], *runs[at + 1 :]])
            yield Usual(half=half_of(f"{model} {service}"), history=history, run=runs[at])


def _run(blank: Run, row: dict[str, Any]) -> Run:
    spent = row["tok_in"], row["tok_out"] or 0
    duration_ns = int(row["seconds"] * 1e9)
    return replace(
        blank,
        status=RunStatus.OK,
        ended_ns=blank.started_ns + duration_ns,
        duration_ns=duration_ns,
        input_tokens=spent[0],
        output_tokens=spent[1],
        cost_usd=spent[0] * _USD_A_TOKEN[0] + spent[1] * _USD_A_TOKEN[1],
    )


def grown(usual: Usual, factor: int) -> Transcript:
    """The run as if it had taken, used and cost so many times what its like do at the median."""
    figures = usual.history.figures
    tokens = int(figures["total_tokens"].median * factor)
    duration_ns = int(figures["duration_ns"].median * factor)
    run = replace(
        usual.run,
        duration_ns=duration_ns,
        ended_ns=usual.run.started_ns + duration_ns,
        input_tokens=tokens,
        output_tokens=0,
        cost_usd=figures["cost_usd"].median * factor,
    )
    return Transcript(run, ())


def as_it_was(usual: Usual) -> Transcript:
    return Transcript(usual.run, ())


NAMES: Sequence[str] = ("latency_outlier", "token_outlier", "cost_outlier")
