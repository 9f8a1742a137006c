"""Replays, forks and bisects in the core, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import time_ns

import orjson

from roadworthy.app.passing_keys import PassingKeys, there
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.doors.rest.context import Debugging as DebuggingDoor
from roadworthy.features.debug.book import EntryPointBook
from roadworthy.features.debug.course import GatewaySaid
from roadworthy.features.debug.inquiry import Inquiry
from roadworthy.features.debug.search import search
from roadworthy.features.debug.service import SETTLE_S, InquiryService
from roadworthy.features.debug.tape.journal import PlanFolder
from roadworthy.features.debug.token import signing_key
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.check_answer import CheckByEvaluator
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.flows.look_up_drill_runs import exchanges_by_run
from roadworthy.flows.rerun_agent import RerunAgent
from roadworthy.flows.suspected_calls import SuspectedCalls


class Debugging:
    """`door` is what REST works with, `work` the job of reruns that the server makes itself."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        folder: Path,
        secrets: Path,
        recordings: RecordingService,
        exchanges: ExchangeReader,
        observe: ObserveService,
        evaluators: EvaluatorBook,
        gateway_url: str,
        otlp_url: str,
        networks: Sequence[str],
        publish: Callable[[str, Sequence[str]], None],
        gateway_state: Path | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        """`folder` is where plans lie, which the gateway reads; `gateway_state` the file it tells of itself
        in. `publish` is told (project, ids) of inquiries that are new, other or gone."""
        keys = PassingKeys(metadata, what="inquiry")

        def key_for(project: str, inquiry: Inquiry) -> str:
            return keys.of(project, replace(inquiry, agent=inquiry.gateway_agent))

        tapes = RunTapes(recordings, observe)
        service = InquiryService(
            metadata,
            sign=lambda: signing_key(there(secrets)),
            plans=PlanFolder(folder),
            tapes=tapes,
            evaluators=CheckByEvaluator(evaluators, recordings),
            search=search,
            suspected=SuspectedCalls(observe, tapes).of,
            exchanges_of=partial(exchanges_by_run, exchanges),
            gateway=partial(_said, gateway_state) if gateway_state else lambda: None,
            settle_s=settle_s,
            over=keys.revoke,
            changed=publish,
        )
        self.work = RerunAgent(
            service, gateway_url=gateway_url, otlp_url=otlp_url, allowed=networks, key_for=key_for
        )
        self.forget = service.forget
        """Of a project that was deleted."""
        self.door = DebuggingDoor(
            service=service,
            entries=EntryPointBook(metadata, now_ns=time_ns),
            tapes=tapes,
            gateway_url=gateway_url,
            key_for=key_for,
        )


def _said(file: Path) -> GatewaySaid | None:
    try:
        told = orjson.loads(file.read_bytes())
        return GatewaySaid(started_ns=int(told["started_ns"]), at_ns=int(told["at_ns"]))
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        # No gateway has run here yet, or one of another version.
        return None
