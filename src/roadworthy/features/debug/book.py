"""Where inquiries and their reruns are kept: records of the metadata store, one for each rerun."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind, InquiryState, Rerun

KIND = "inquiry"
ENTRY_POINT = "entry_point"
MOST_KEPT = 500
"""Inquiries of a project; the oldest that are over go, with their reruns."""


class InquiryBook:
    """Safe to call from several threads of one process; that process is the only writer of inquiries.
    `changed` is told (project, ids) of each that is new, other or gone, or has other reruns, once it can be
    read."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        now_ns: Callable[[], int],
        changed: Callable[[str, Sequence[str]], None] = lambda _project, _ids: None,
    ) -> None:
        self._metadata = metadata
        self._now_ns = now_ns
        self._changed = changed
        self._known: dict[str, dict[str, tuple[str, Inquiry]]] = {}
        """By project and id what was kept, and what it reads as: runners and pages ask for all each second,
        and most never change again."""
        self.lock = threading.RLock()
        """Protects the time between reading what there is to do and writing who does it."""

    def all(self, project: str) -> list[Inquiry]:
        """Newest first."""
        before = self._known.get(project, {})
        now: dict[str, tuple[str, Inquiry]] = {}
        for record in self._metadata.records(project, KIND):
            known = before.get(record.id)
            if known is None or known[0] != record.body:
                known = (record.body, read_record(Inquiry, record))
            now[record.id] = known
        self._known[project] = now
        kept = [one for _, one in now.values()]
        return sorted(kept, key=lambda one: (one.created_ns, one.id), reverse=True)

    def counts(self, project: str) -> Counter[tuple[InquiryKind, InquiryState]]:
        """How many are kept, by kind and state."""
        return Counter((one.kind, one.state) for one in self.all(project))

    def one(self, project: str, inquiry_id: str) -> Inquiry | None:
        kept = self._metadata.record(project, KIND, inquiry_id)
        return read_record(Inquiry, kept) if kept else None

    def reruns(self, project: str, inquiry_id: str) -> list[Rerun]:
        """By number."""
        return [read_record(Rerun, one) for one in self._metadata.records(project, _reruns_of(inquiry_id))]

    def rerun(self, project: str, inquiry_id: str, number: int) -> Rerun | None:
        kept = self._metadata.record(project, _reruns_of(inquiry_id), _name(number))
        return read_record(Rerun, kept) if kept else None

    def save(self, inquiry: Inquiry, reruns: Sequence[Rerun] = ()) -> None:
        """All or nothing."""
        own = as_record(
            inquiry, project=inquiry.project, kind=KIND, record_id=inquiry.id, at_ns=self._now_ns()
        )
        self._metadata.save_records([own, *self._records(inquiry.project, inquiry.id, reruns)])
        self._changed(inquiry.project, [inquiry.id])

    def save_reruns(self, project: str, inquiry_id: str, reruns: Sequence[Rerun]) -> None:
        self._metadata.save_records(self._records(project, inquiry_id, reruns))
        self._changed(project, [inquiry_id])

    def delete(self, project: str, inquiry_id: str) -> bool:
        if not self._metadata.delete_record(project, KIND, inquiry_id):
            return False
        for one in self._metadata.records(project, _reruns_of(inquiry_id)):
            self._metadata.delete_record(project, one.kind, one.id)
        self._changed(project, [inquiry_id])
        return True

    def too_old(self, project: str) -> list[Inquiry]:
        return [one for one in self.all(project)[MOST_KEPT:] if one.state is not InquiryState.RUNNING]

    def _records(self, project: str, inquiry_id: str, reruns: Sequence[Rerun]) -> list[Record]:
        return [
            as_record(
                one,
                project=project,
                kind=_reruns_of(inquiry_id),
                record_id=_name(one.number),
                at_ns=self._now_ns(),
            )
            for one in reruns
        ]


class EntryPointBook:
    """How agents are started, by agent."""

    def __init__(self, metadata: MetadataStore, *, now_ns: Callable[[], int]) -> None:
        self._metadata = metadata
        self._now_ns = now_ns

    def of(self, project: str, agent: str) -> EntryPoint | None:
        kept = self._metadata.record(project, ENTRY_POINT, agent)
        return read_record(EntryPoint, kept) if kept else None

    def save(self, project: str, agent: str, entry: EntryPoint) -> None:
        """Checked by whoever calls (`checks.check_entry`)."""
        self._metadata.save_records(
            [as_record(entry, project=project, kind=ENTRY_POINT, record_id=agent, at_ns=self._now_ns())]
        )

    def delete(self, project: str, agent: str) -> bool:
        return self._metadata.delete_record(project, ENTRY_POINT, agent)


def _reruns_of(inquiry_id: str) -> str:
    return f"rerun:{inquiry_id}"


def _name(number: int) -> str:
    return f"{number:06d}"
