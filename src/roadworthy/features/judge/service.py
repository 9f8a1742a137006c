"""What the doors use of judging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.quality import Quality, quality_of
from roadworthy.features.judge.said import Words


class JudgeService:
    """Words on runs, settings, quality; of one installation. Safe to call from several threads.

    `again` is told of runs that something was said of.
    """

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        again: Callable[[str, Sequence[str]], None],
        settings: JudgingSettings | None = None,
    ) -> None:
        self.words = Words(store, again=again)
        self.judging = settings or JudgingSettings(metadata)
        self.quality: Callable[..., Quality] = partial(quality_of, store)

    def stop(self) -> None:
        """Writes what waits to be written."""
        self.words.stop()
