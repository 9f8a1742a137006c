"""Runs on their way from one process to the other, as `chdb.nouns.RUN_COLUMNS` has them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import orjson

from roadworthy.backends.telemetry.chdb.nouns import runs_from
from roadworthy.backends.telemetry.chdb.packing import RUN_FIELDS
from roadworthy.backends.telemetry.storable import storable, text
from roadworthy.domain.run import Run

_fields = attrgetter(*RUN_FIELDS)


def rows_of(runs: Sequence[Run]) -> list[tuple[Any, ...]]:
    """What JSON can say of each."""
    return [_row(run) for run in runs]


def runs_of(rows: Sequence[Sequence[Any]]) -> list[Run]:
    return runs_from(rows)


def _row(run: Run) -> tuple[Any, ...]:
    try:
        packed = orjson.dumps(_fields(run))
    except orjson.JSONEncodeError:  # a lone surrogate, or a number beyond 64 bits
        packed = orjson.dumps(_fields(storable(run)))
    return (
        packed.decode(),
        text(run.input),
        text(run.final_answer),
        {text(key): text(value) for key, value in run.attributes.items()},
        {text(key): text(value) for key, value in run.step_attributes.items()},
    )
