from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.model_book import ModelBook
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.watch.monitors.orders import Refitted
from roadworthy.flows.refit_models import ModelRefit

LOOP = Finding(detector="loop", mode="mast-1.3")


def a_run(number: int, *, failed: bool, source: str = "reviewer") -> Run:
    now = time.time_ns()
    return Run(
        project="shop",
        id=f"{number:032x}",
        sort_ns=now - number,
        started_ns=now - number,
        trace_ids=(f"{number:032x}",),
        agent="clerk",
        outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
        outcome_source=source,
        findings=(LOOP,) if failed else (),
        input="where is my order?",
        final_answer="It is on its way.",
    )


def steps_of(run: Run) -> Sequence[Span]:
    tool = Span(
        project=run.project,
        trace_id=run.id,
        span_id="2" * 16,
        kind=SpanKind.TOOL,
        tool_name="find",
        start_ns=run.started_ns,
        end_ns=run.started_ns + 1,
        output="found",
    )
    return [tool]


def made(store: MemoryTelemetryStore, book: ModelBook, told: list[str]) -> ModelRefit:
    return ModelRefit(store, book=book, steps_of=steps_of, again=lambda _, ids: told.extend(ids))


def test_an_agent_with_labels_enough_gets_weights_of_its_own(tmp_path: Path) -> None:
    store, metadata = MemoryTelemetryStore(), SqliteMetadataStore(tmp_path / "m.db")
    book, told = ModelBook(metadata), list[str]()
    runs = [a_run(n, failed=n % 2 == 0) for n in range(1, 61)]
    store.write(TelemetryBatch(token="t", runs=runs))
    refit = made(store, book, told)
    assert refit.refresh() == 1
    own = book.of("shop", "clerk")
    assert own.label != prior().label
    looping = Transcript(runs[1], steps_of(runs[1]))
    assert own.predict(looping, [LOOP]).p > own.predict(looping, []).p
    assert own.predict(looping, [LOOP]).p > prior().predict(looping, [LOOP]).p
    assert "60 labelled runs" in own.predict(looping, []).calibration.source
    assert sorted(told) == sorted(run.id for run in runs)
    # Nothing new was said: there is nothing to learn.
    assert refit.refresh() == 0
    assert ModelBook(metadata).of("shop", "clerk").label == own.label
    assert ModelBook(metadata).of("shop", "other").label == prior().label
    metadata.close()


def test_few_labels_and_those_of_models_teach_nothing(tmp_path: Path) -> None:
    store, metadata = MemoryTelemetryStore(), SqliteMetadataStore(tmp_path / "m.db")
    book, told = ModelBook(metadata), list[str]()
    few = [a_run(n, failed=n % 2 == 0) for n in range(1, 15)]
    judged = [a_run(n, failed=n % 2 == 0, source="judge") for n in range(100, 160)]
    store.write(TelemetryBatch(token="t", runs=[*few, *judged]))
    assert made(store, book, told).refresh() == 0
    assert (book.of("shop", "clerk").label, told) == (prior().label, [])
    metadata.close()


def test_labels_that_are_all_alike_teach_nothing(tmp_path: Path) -> None:
    store, metadata = MemoryTelemetryStore(), SqliteMetadataStore(tmp_path / "m.db")
    book = ModelBook(metadata)
    store.write(TelemetryBatch(token="t", runs=[a_run(n, failed=False) for n in range(1, 61)]))
    assert made(store, book, []).refresh() == 0
    assert book.of("shop", "clerk").label == prior().label
    metadata.close()


def test_who_watches_hears_how_the_new_model_compares_before_it_judges(tmp_path: Path) -> None:
    store, metadata = MemoryTelemetryStore(), SqliteMetadataStore(tmp_path / "m.db")
    book = ModelBook(metadata)
    heard: list[tuple[Refitted, str]] = []
    ruler = f"40.32.{prior().label}"
    labelled = [a_run(n, failed=n % 2 == 0) for n in range(1, 61)]
    judged = [
        replace(one, judged=ruler, p_failure=prior().p(Transcript(one, steps_of(one)), one.findings))
        for one in (a_run(n, failed=n % 10 == 0, source="") for n in range(100, 180))
    ]
    store.write(TelemetryBatch(token="t", runs=[*labelled, *judged]))
    refit = ModelRefit(
        store,
        book=book,
        steps_of=steps_of,
        again=lambda _project, _ids: None,
        refitted=lambda _project, change: heard.append((change, book.of("shop", "clerk").label)),
    )

    assert refit.refresh() == 1

    ((change, spoke),) = heard
    own = book.of("shop", "clerk")
    assert spoke == prior().label
    assert (change.before, change.after, change.n) == (ruler, f"40.32.{own.label}", 80)
    by_hand = [own.p(Transcript(one, steps_of(one)), one.findings) - (one.p_failure or 0.0) for one in judged]
    assert change.shift == pytest.approx(sum(by_hand) / 80)
    assert change.most > change.shift
    metadata.close()


_FITTING = """
from pathlib import Path
from tests.unit.flows import test_refit_models as told
store, metadata = told.MemoryTelemetryStore(), told.SqliteMetadataStore(Path({path!r}))
runs = [told.a_run(n, failed=n % 2 == 0) for n in range(1, 201)]
store.write(told.TelemetryBatch(token="t", runs=runs))
told.made(store, told.ModelBook(metadata), []).refresh()
"""
REPO = Path(__file__).resolve().parents[3]


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _is_fitting(pid: int) -> bool:
    return "sklearn" in Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parents")
def test_a_process_that_is_killed_while_it_fits_leaves_nothing_behind(tmp_path: Path) -> None:
    script = _FITTING.format(path=str(tmp_path / "m.db"))
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=REPO)
    try:
        until = time.monotonic() + 60
        children = list[int]()
        while not any(map(_is_fitting, children)):
            assert parent.poll() is None, "it ended before it was seen fitting"
            assert time.monotonic() < until
            time.sleep(0.01)
            children = list(_children(parent.pid))
    finally:
        parent.kill()
        parent.wait()
    assert len(children) == 2, "the one that fits, and the tracker of its pool"
    until = time.monotonic() + 10
    while left := [one for one in children if Path(f"/proc/{one}").exists()]:
        if time.monotonic() > until:
            for one in left:
                os.kill(one, signal.SIGKILL)
            pytest.fail(f"{len(left)} of {len(children)} live on")
        time.sleep(0.05)
