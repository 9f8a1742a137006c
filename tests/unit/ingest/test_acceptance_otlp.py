"""Real bodies of real frameworks give the runs, calls, tokens, tools, failures and answers that really were.

What cannot be read because it was never sent is listed in docs/reference/missing-data.md. The list is kept
true both ways: a difference that is not listed fails, and so does a listed one that is gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.run import Run, steps_started
from tests import payloads as shared
from tests.unit.ingest.ingest_path import IngestPath, Payloads, runs_at_once, runs_in_pieces, traces_of

TABLE = Path(__file__).parents[3] / "docs" / "reference" / "missing-data.md"
ROW = re.compile(r"\| (?P<folder>[\w-]+) \| (?P<runs>[^|]+) \| (?P<figures>[^|]+) \| (?P<why>[^|]+) \|")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    run: str
    figure: str


def folders() -> list[str]:
    data = shared.shared_data()
    return (
        sorted(f.name for f in (data / "otlp").iterdir())
        if data is not None
        else ["(shared/data is not there)"]
    )


def listed(folder: str, runs: list[str]) -> set[Difference]:
    found: set[Difference] = set()
    for row in ROW.finditer(TABLE.read_text()):
        if row["folder"] != folder:
            continue
        named = [n.strip() for n in row["runs"].split(",")]
        for run in runs if named == ["all"] else named:
            found.update(Difference(run, figure.strip()) for figure in row["figures"].split(","))
    return found


def figures(run: Run) -> dict[str, Any]:
    return {
        "model calls": run.model_calls,
        "input tokens": run.input_tokens,
        "output tokens": run.output_tokens,
        "tool executions": run.tool_calls,
        "failed tools": run.failed_tool_calls,
        "final answer": run.final_answer,
        "error": bool(run.error),
    }


def expected(meta: dict[str, Any]) -> dict[str, Any]:
    """Only what meta.json states."""
    executed = meta.get("tools_executed")
    return {
        "model calls": meta["llm_calls_ok"],
        "input tokens": meta.get("input_tokens"),
        "output tokens": meta.get("output_tokens"),
        "tool executions": len(executed) if executed is not None else None,
        "failed tools": len(meta["failed_tools"]) if "failed_tools" in meta else None,
        "final answer": (meta["final_answer"] or "").strip() if "final_answer" in meta else None,
        "error": bool(meta["run_error"]) if "run_error" in meta else None,
    }


def differences(payloads: Payloads, runs: list[Run]) -> set[Difference]:
    """Also checks that each run of meta.json is one run of ours, and that there are no others."""
    found: set[Difference] = set()
    claimed: list[str] = []
    for meta in payloads.meta["runs"]:
        traces = traces_of(payloads, meta["files"])
        mine = [run for run in runs if traces.intersection(run.trace_ids)]
        assert len(mine) == 1, f"{meta['run']} is {len(mine)} runs: {[r.name for r in mine]}"
        claimed.append(mine[0].id)
        ours = figures(mine[0])
        for figure, truth in expected(meta).items():
            if truth is not None and ours[figure] != truth:
                found.add(Difference(meta["run"], figure))
        if (tools := meta.get("tools_executed")) is not None:
            known = {t["tool"] for t in tools}
            assert set(mine[0].tools) <= known, f"{meta['run']}: {mine[0].tools}"
            assert set(mine[0].failed_tools) == set(meta["failed_tools"]), meta["run"]
    assert len(set(claimed)) == len(claimed), "two runs of meta.json became one"
    assert {run.id for run in runs} == set(claimed), "runs that nobody started"
    return found


@pytest.mark.parametrize("folder", folders())
def test_runs_are_what_was_run(shared_data: Path, folder: str) -> None:
    payloads = Payloads(shared_data / "otlp" / folder)
    names = [meta["run"] for meta in payloads.meta["runs"]]
    assert differences(payloads, runs_at_once(payloads)) == listed(folder, names)


@pytest.mark.parametrize("folder", folders())
def test_order_and_repetition_of_bodies_change_nothing(shared_data: Path, folder: str) -> None:
    payloads = Payloads(shared_data / "otlp" / folder)
    straight = [_comparable(run) for run in runs_at_once(payloads)]
    assert [_comparable(r) for r in runs_in_pieces(payloads, seed=1)] == straight
    assert [_comparable(r) for r in runs_in_pieces(payloads, seed=2, twice=True)] == straight


@pytest.mark.parametrize("folder", folders())
def test_a_run_knows_when_its_steps_started(shared_data: Path, folder: str) -> None:
    path = IngestPath()
    for record in Payloads(shared_data / "otlp" / folder).records():
        path.take([record])
    for run in path.runs():
        every = path.store.spans_of_traces("default", run.trace_ids)
        assert steps_started([run]) == (every[0].start_ns, max(span.start_ns for span in every))


def _comparable(run: Run) -> Run:
    """Without what says when it arrived: the id is that of the trace that came first, and stays."""
    return replace(run, id="", sort_ns=0, version=0)


def test_every_row_of_the_table_is_about_a_folder_there_is(shared_data: Path) -> None:
    named = {row["folder"] for row in ROW.finditer(TABLE.read_text())} - {"payloads"}
    assert named and named <= {f.name for f in (shared_data / "otlp").iterdir()}
