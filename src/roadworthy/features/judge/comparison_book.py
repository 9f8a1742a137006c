"""Pairs that a judge compared, kept: what it preferred, in which order, and whether it kept to it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.features.judge.judges.pairwise import Comparison, Preference
from roadworthy.features.judge.judges.quality import stability
from roadworthy.stats.agreement import OrderStability

KIND = "comparison"
KEPT_NS = 365 * 86_400_000_000_000
TEXT = 2_000
"""Characters kept of an answer that belongs to no run."""
_COUNTED = 5_000
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: a run, or an answer that belongs to none."""

    run_id: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the judge said in one order; `label` is first, second, tie or unknown."""

    label: str
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptComparison:
    """`forward` showed `a` first, `backward` showed `b` first."""

    project: str
    judge_id: str
    judge: str
    """Its name then."""
    version: str
    a: Side
    b: Side
    preference: Preference
    order_stable: bool | None
    forward: Heard
    backward: Heard
    cost_usd: float | None = None
    by: str = ""
    at_ns: int = 0
    question: str = ""
    """Where the answers belong to no run: what they answer."""

    @property
    def id(self) -> str:
        """The same two asked about again by the same version replace what was said, whichever came first."""
        sides = sorted(f"{one.run_id}\x1f{one.answer}" for one in (self.a, self.b))
        parts = (self.judge_id, self.version, self.question, *sides)
        return hashlib.sha256("\x1e".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage:
    items: tuple[KeptComparison, ...]
    next: tuple[int, str] | None


class ComparisonBook:
    """Safe to call from several threads. Kept for a year."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata

    def keep(self, one: KeptComparison) -> KeptComparison:
        """Durable on return. One without a preference for want of an answer is given back and not kept."""
        one = replace(one, at_ns=one.at_ns or time.time_ns())
        if one.preference is Preference.UNKNOWN:
            return one
        body = orjson.dumps(asdict(one)).decode()
        record = Record(project=one.project, kind=KIND, id=one.id, body=body, updated_ns=one.at_ns)
        self._metadata.save_records([record])
        self._metadata.delete_records_before(KIND, updated_before_ns=one.at_ns - KEPT_NS)
        return one

    def page(
        self, project: str, *, holding: str = "", limit: int, after: tuple[int, str] | None = None
    ) -> ComparisonPage:
        """Newest first; with `holding` those of the run or judge of that id."""
        wanted = f'"{holding}"' if holding else ""
        found = self._metadata.newest_records(project, KIND, limit=limit + 1, after=after, holding=wanted)
        last = found[limit - 1] if len(found) > limit else None
        return ComparisonPage(
            items=tuple(_read(record) for record in found[:limit]),
            next=(last.updated_ns, last.id) if last else None,
        )

    def stability(self, project: str, *, judge_id: str, version: str, from_ns: int) -> OrderStability | None:
        """Of this version of the judge, over its last 5,000 pairs since then; None without any."""
        found: list[KeptComparison] = []
        after: tuple[int, str] | None = None
        while len(found) < _COUNTED:
            page = self.page(project, holding=judge_id, limit=_PAGE, after=after)
            found += [
                one
                for one in page.items
                if one.judge_id == judge_id and one.version == version and one.at_ns >= from_ns
            ]
            after = page.next
            if after is None or page.items[-1].at_ns < from_ns:
                break
        return stability(found[:_COUNTED])


def kept(
    done: Comparison,
    *,
    project: str,
    judge_id: str,
    judge: str,
    a: Side,
    b: Side,
    by: str,
    question: str = "",
) -> KeptComparison:
    costs = [one.cost_usd for one in (done.forward, done.backward) if one.cost_usd is not None]
    return KeptComparison(
        project=project,
        judge_id=judge_id,
        judge=judge,
        version=done.forward.version,
        a=replace(a, answer=a.answer[:TEXT]),
        b=replace(b, answer=b.answer[:TEXT]),
        preference=done.preference,
        order_stable=done.order_stable,
        forward=Heard(label=done.forward.label, explanation=done.forward.explanation),
        backward=Heard(label=done.backward.label, explanation=done.backward.explanation),
        cost_usd=sum(costs) if costs else None,
        by=by,
        question=question[:TEXT],
    )


def _read(record: Record) -> KeptComparison:
    body: Mapping[str, Any] = orjson.loads(record.body)
    return KeptComparison(
        **{
            **body,
            "a": Side(**body["a"]),
            "b": Side(**body["b"]),
            "preference": Preference(body["preference"]),
            "forward": Heard(**body["forward"]),
            "backward": Heard(**body["backward"]),
        }
    )
