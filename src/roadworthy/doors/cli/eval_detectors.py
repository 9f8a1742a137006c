"""eval-detectors: how well failures are found on labelled runs that nobody tuned anything on."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.options import Json

if TYPE_CHECKING:
    from roadworthy.features.judge.evaluation.measure import DetectorFigures, HalfFigures, Measured, Ranking


def eval_detectors(
    data: Annotated[Path, typer.Option(help="Folder with the trace files (or with a folder traces).")],
    detector: Annotated[
        list[str] | None, typer.Option(help="Figures of these detectors only; repeatable.")
    ] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="These files only; repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the probability of failure and every detector on labelled open data."""
    # Late: what measures brings scikit-learn, which no other command needs.
    import orjson

    from roadworthy.features.ingest.replay import runs_in
    from roadworthy.features.judge.detectors.table import BY_NAME, DETECTORS
    from roadworthy.features.judge.evaluation.measure import measure
    from roadworthy.features.judge.evaluation.sources import SOURCES
    from roadworthy.features.judge.evaluation.traces import START_NS, trace_folder
    from roadworthy.features.judge.failure_model.model import prior

    for name in detector or ():
        if name not in BY_NAME:
            raise fail(f"--detector {name}: no such detector; there are {', '.join(sorted(BY_NAME))}", code=2)
    for name in dataset or ():
        if name not in {source.name for source in SOURCES}:
            known = ", ".join(source.name for source in SOURCES)
            raise fail(f"--dataset {name}: no such dataset; there are {known}", code=2)
    folder = trace_folder(data)
    found: list[Measured] = []
    missing: list[str] = []
    for source in SOURCES:
        if dataset and source.name not in dataset:
            continue
        if not source.file(folder).is_file():
            missing.append(source.name)
            continue
        found.append(
            measure(
                source,
                folder,
                record=partial(runs_in, received_ns=START_NS),
                model=prior(),
                detectors=DETECTORS,
            )
        )
    if not found:
        raise fail(f"--data {data}: none of the trace files is there ({', '.join(missing)})", code=2)
    if as_json:
        report = {
            "model": prior().label,
            "datasets": [asdict(_only(one, detector)) for one in found],
            "missing": missing,
        }
        typer.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    for one in found:
        _say(_only(one, detector))
    for name in missing:
        typer.echo(f"\n{name}: not in {folder}, not measured")


def _only(measured: Measured, names: list[str] | None) -> Measured:
    from dataclasses import replace

    if not names:
        return measured
    return replace(measured, detectors=tuple(one for one in measured.detectors if one.name in names))


def _say(measured: Measured) -> None:
    typer.echo(f"\n== {measured.dataset}")
    for half in measured.halves:
        _say_half(half)
    typer.echo(
        f"   judging a run of {measured.spans_median:.0f} spans (median): {measured.cpu_ms_median:.2f} ms CPU"
    )
    _say_detectors(measured.detectors)
    if measured.missed:
        typer.echo(f"   held-out failures thought safest:   {', '.join(measured.missed)}")
    if measured.suspected:
        typer.echo(f"   held-out successes thought worst:   {', '.join(measured.suspected)}")


def _say_half(half: HalfFigures) -> None:
    seen = " (seen in fitting)" if half.half == "development" else ""
    typer.echo(f"   {half.half} half{seen}: {half.n} runs of {half.tasks} tasks, {half.failures} failed")
    columns = "precision at 50 % recall  recall at 5 % false alarms"
    typer.echo(f"      {'':22} {'AUC':>5}  {'95 % interval':13}  {columns}")
    for name, ranking in {"p(failure)": half.p_failure, **half.floors}.items():
        _say_ranking(name, ranking)
    if half.reliability is not None:
        one = half.reliability
        typer.echo(
            f"      calibration: ECE {one.ece_as_shipped:.3f}, Brier {one.brier_as_shipped:.3f} as shipped; "
            f"ECE {one.ece_at_its_rate:.3f}, Brier {one.brier_at_its_rate:.3f} once its failure rate is known"
        )


def _say_ranking(name: str, one: Ranking) -> None:
    interval = f"{one.interval.low:.2f} to {one.interval.high:.2f}" if one.interval else "none"
    typer.echo(
        f"      {name:22} {_figure(one.auc):>5}  {interval:13}  {_figure(one.precision_at_half_recall):>24}"
        f"  {_figure(one.recall_at_5_percent_false_alarms):>26}"
    )


def _say_detectors(figures: tuple[DetectorFigures, ...]) -> None:
    fired = {one.name for one in figures if one.fired}
    if not fired:
        typer.echo("   no detector fired")
        return
    typer.echo(f"      {'detector':28} {'half':12} {'fired':>6} {'precision':>10} {'recall':>7}")
    for one in sorted(figures, key=lambda one: (one.name, one.half)):
        if one.name in fired:
            shown = f"{_figure(one.precision):>10} {_figure(one.recall):>7}"
            typer.echo(f"      {one.name:28} {one.half:12} {one.fired:6} {shown}")


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
