"""Resampling in the core, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.app.passing_keys import PassingKeys, there
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.features.debug.resampling_book import ResamplingBook
from roadworthy.features.debug.tape.journal import PlanFolder
from roadworthy.features.debug.token import signing_key
from roadworthy.features.ingest.mask import mask_text
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.flows.rank_steps import RankedRun
from roadworthy.flows.resample_steps import ResampleSteps
from roadworthy.flows.step_opinion import StepOpinion


def resample_work(
    metadata: MetadataStore,
    *,
    folder: Path,
    secrets: Path,
    tapes: RunTapes,
    exchanges: ExchangeReader,
    judges: JudgeBook,
    ranked: Callable[[str, str], RankedRun | None],
    gateway_url: str,
    publish: Callable[[str, Sequence[str]], None],
) -> ResampleSteps:
    """The work of jobs of kind `resample`. `folder` is where plans lie; `ranked` as
    `Suspicion.ranked_unasked`: the judge's model is not told what it said before. `publish` is told as
    `changed` by `ResamplingBook`."""
    keys = PassingKeys(metadata, what="resampling")
    return ResampleSteps(
        ResamplingBook(metadata, changed=publish),
        tapes=tapes,
        plans=PlanFolder(folder),
        exchanges=exchanges.exchanges,
        sign=lambda: signing_key(there(secrets)),
        gateway_url=gateway_url,
        key_for=keys.of,
        ended=keys.revoke,
        judge=StepOpinion(judges, ranked=ranked, mask=lambda text: mask_text(text).text),
    )
