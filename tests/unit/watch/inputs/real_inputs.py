"""What real agents were asked, by source."""

from __future__ import annotations

import gzip
import json
import random
from functools import cache

import pytest

from roadworthy.features.watch.inputs.watcher import Input
from tests.payloads import shared_data

MINUTE_NS = 60 * 10**9


@cache
def asked(name: str) -> tuple[str, ...]:
    """Of math (AG2), airline (tau-bench), code (AgenTracer) or questions (Who&When)."""
    folder = shared_data()
    if folder is None:
        pytest.skip("shared/data is not here")
    file, key = {
        "math": ("ag2_mathchat", ""),
        "airline": ("taubench_gpt4o_airline", "instruction"),
        "code": ("tracertraj_code_test", "question"),
        "questions": ("whowhen_algorithm_generated", "question"),
    }[name]
    with gzip.open(folder / "traces" / f"{file}.jsonl.gz", "rt") as lines:
        runs = [json.loads(line) for line in lines]
    return tuple(run[key] if key else run["steps"][0]["content"] for run in runs)


def shuffled(name: str, *, seed: int) -> list[str]:
    texts = list(asked(name))
    random.Random(seed).shuffle(texts)
    return texts


def inputs_of(texts: list[str], *, first: int = 0) -> list[Input]:
    """One a minute."""
    return [
        Input(run_id=f"{number:032x}", at_ns=number * MINUTE_NS, text=text)
        for number, text in enumerate(texts, start=first)
    ]
