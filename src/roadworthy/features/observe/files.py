"""Exports and imports as doors offer them: masked on the way in, and told to those who look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from roadworthy.contracts.telemetry import RunQuery, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.observe.records import Noun
from roadworthy.features.observe.transfer import Form, Imported, What, export_file, import_file

_TRACE_ID = 32
"""Characters; the id of a run begins with that of its first trace."""


class TransferService:
    """`mask_spans` masks secrets in place, `mask_text` in a text; `on_runs` is told which runs came in,
    `on_said` of which traces steps or words came in that change a verdict."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        mask_spans: Callable[[Sequence[Span]], object],
        mask_text: Callable[[str], str],
        on_runs: Callable[[str, Sequence[str]], object],
        on_said: Callable[[str, Sequence[str]], object] = lambda _project, _traces: None,
    ) -> None:
        self._store = store
        self._mask_spans = mask_spans
        self._mask_text = mask_text
        self._on_runs = on_runs
        self._on_said = on_said

    def export(self, project: str, query: RunQuery, *, what: What, form: Form) -> Iterator[bytes]:
        """See `export_file`."""
        return export_file(self._store, project, query, what=what, form=form)

    def take_in(self, project: str, file: BinaryIO, *, what: What, form: Form) -> Imported:
        """See `import_file`."""
        seen: list[str] = []
        said: dict[str, None] = {}

        def prepare(held: Sequence[Noun]) -> Sequence[Noun]:
            out = [self._masked(one) for one in held]
            self._mask_spans([one for one in out if isinstance(one, Span)])
            seen.extend(one.id for one in out if isinstance(one, Run))
            words = (one for one in out if isinstance(one, Score) and one.changes_verdict)
            said.update((one.trace_id or one.run_id[:_TRACE_ID], None) for one in words)
            said.update((one.trace_id, None) for one in out if isinstance(one, Span))
            return out

        try:
            return import_file(self._store, project, file, what=what, form=form, prepare=prepare)
        finally:
            if seen:
                self._on_runs(project, seen)
            if said:
                self._on_said(project, list(said))

    def _masked(self, one: Noun) -> Noun:
        """Spans come back as they are: they are masked in bulk."""
        if isinstance(one, Score):
            label, explanation = self._mask_text(one.label), self._mask_text(one.explanation)
            return replace(one, label=label, explanation=explanation)
        if isinstance(one, Span):
            return one
        return replace(
            one,
            input=self._mask_text(one.input),
            final_answer=self._mask_text(one.final_answer),
            error=self._mask_text(one.error),
        )
