"""What the core tells Prometheus about runs that are executed again, and about cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.debug.inquiry import InquiryKind, InquiryState
from roadworthy.features.debug.service import InquiryService
from roadworthy.features.debug.tally import TakenBack


class DebugCollector(Collector):
    """Reads the figures when it is asked, and what is kept only where something was written since."""

    def __init__(self, metadata: MetadataStore, *, inquiries: InquiryService, cases: CaseService) -> None:
        self._metadata = metadata
        self._inquiries = inquiries
        self._cases = cases
        self._at = -1
        self._kept: Counter[tuple[InquiryKind, InquiryState]] = Counter()
        self._kept_cases = 0

    def collect(self) -> Iterator[Metric]:
        self._count()
        told = GaugeMetricFamily(
            "roadworthy_inquiries", "Replays, forks and bisects that are kept.", labels=["kind", "state"]
        )
        for kind in InquiryKind:
            for state in InquiryState:
                told.add_metric([kind.value, state.value], self._kept[kind, state])
        yield told
        yield GaugeMetricFamily("roadworthy_cases", "Cases that are kept.", value=self._kept_cases)
        tally = self._inquiries.tally
        out = CounterMetricFamily(
            "roadworthy_reruns_handed_out", "Reruns given to whoever starts the agent.", labels=["kind"]
        )
        for kind in InquiryKind:
            out.add_metric([kind.value], tally.handed_out.get(kind, 0))
        yield out
        back = CounterMetricFamily(
            "roadworthy_reruns_taken_back",
            "Of these, those that nobody told of in time, or whose gateway died.",
            labels=["kind", "why"],
        )
        for kind in InquiryKind:
            for why in TakenBack:
                back.add_metric([kind.value, why.value], tally.taken_back.get((kind, why), 0))
        yield back
        over = CounterMetricFamily("roadworthy_reruns", "Reruns that are over.", labels=["kind", "result"])
        for (kind, result), count in sorted(tally.results.items()):
            over.add_metric([kind.value, result], count)
        yield over

    def _count(self) -> None:
        now = self._metadata.change_counter()
        if now == self._at:
            return
        projects = {DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())}
        self._kept = sum((self._inquiries.counts(one) for one in projects), Counter())
        self._kept_cases = sum(self._cases.count(one) for one in projects)
        self._at = now
