"""The model endpoints and judges a project has set up."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.models import Endpoint, Model, Shape
from roadworthy.features.judge.detectors.table import BY_NAME as DETECTORS
from roadworthy.features.judge.judges.budget import Budget, Ledger
from roadworthy.features.judge.judges.cache import MemoryCache
from roadworthy.features.judge.judges.judge import Judge, JudgeInvalid, JudgeSpec, Mask, Price
from roadworthy.features.judge.judges.rubric import Label, Rubric
from roadworthy.features.judge.judges.rubrics import BY_ID as RUBRICS
from roadworthy.kit.addresses import AddressRefused, check_address
from roadworthy.kit.kept import Kept
from roadworthy.kit.outbound import parse_url

ENDPOINT = "model-endpoint"
JUDGE = "judge"
SPENT = "judge-spent"
JUDGES_KEPT = 100


class Seal(Protocol):
    """`kit.sealing.Sealer`."""

    def seal(self, secret: str) -> str: ...
    def open(self, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEndpoint:
    """Prices are USD per million tokens; None takes those of the price list, where it knows the model."""

    project: str
    id: str
    name: str
    base_url: str
    model: str
    shape: Shape = Shape.OPENAI
    allow_private: bool = False
    timeout_s: float = 60.0
    sealed_key: str = ""
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedJudge:
    """`rubric` is the id of one that ships, or "" for one's own in `template` and `labels`.
    `sample_rate` in [0, 1]; `triggers` names detectors."""

    project: str
    id: str
    name: str
    endpoint: str
    rubric: str = ""
    template: str = ""
    labels: tuple[Label, ...] = ()
    sample_rate: float = 0.0
    triggers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    """Whose runs it looks at; () for all."""
    enabled: bool = True
    budget_usd_per_day: float | None = 1.0
    """None for no limit."""
    temperature: float | None = 0.0
    max_tokens: int = 800
    version: int = 1
    """Rises when its own rubric changes."""
    updated_ns: int = 0


class JudgeBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        seal: Seal,
        open_model: Callable[[Endpoint], Model],
        price_of: Callable[[str], Price],
        mask: Mask,
    ) -> None:
        self._metadata = metadata
        self._seal = seal
        self._open_model = open_model
        self._price_of = price_of
        self._mask = mask
        self._cache = MemoryCache()
        self._kept = Kept(self._judges, counter=metadata.change_counter)
        self._lock = threading.Lock()  # protects all below
        self._ready: dict[tuple[str, str], Judge] = {}
        self._ledgers: dict[tuple[str, str], _Ledger] = {}

    def endpoints(self, project: str) -> list[NamedEndpoint]:
        return [_endpoint(record) for record in self._metadata.records(project, ENDPOINT)]

    def endpoint(self, project: str, endpoint_id: str) -> NamedEndpoint | None:
        record = self._metadata.record(project, ENDPOINT, endpoint_id)
        return _endpoint(record) if record else None

    def save_endpoint(self, endpoint: NamedEndpoint, *, api_key: str | None) -> NamedEndpoint:
        """`api_key` None keeps the one that is there, "" takes it away. Raises JudgeInvalid, which names the
        field, for an address that could never be asked."""
        _check_base_url(endpoint)
        if api_key is not None:
            endpoint = replace(endpoint, sealed_key=self._seal.seal(api_key) if api_key else "")
        endpoint = replace(endpoint, updated_ns=time.time_ns())
        self._save(endpoint.project, ENDPOINT, endpoint.id, asdict(endpoint), endpoint.updated_ns)
        return endpoint

    def delete_endpoint(self, project: str, endpoint_id: str) -> bool:
        """Raises JudgeInvalid while a judge asks it."""
        users = [one.name for one in self.judges(project) if one.endpoint == endpoint_id]
        if users:
            raise JudgeInvalid("endpoint", expected=f"one no judge asks; {users[0]!r} does")
        return self._delete(project, ENDPOINT, endpoint_id)

    def judges(self, project: str) -> list[NamedJudge]:
        return self._kept.of(project)

    def _judges(self, project: str) -> list[NamedJudge]:
        return [_judge(record) for record in self._metadata.records(project, JUDGE)]

    def judge(self, project: str, judge_id: str) -> NamedJudge | None:
        return next((one for one in self.judges(project) if one.id == judge_id), None)

    def save_judge(self, judge: NamedJudge) -> NamedJudge:
        """Raises JudgeInvalid and RubricInvalid, which name the field."""
        others = [one for one in self.judges(judge.project) if one.id != judge.id]
        if len(others) >= JUDGES_KEPT:
            raise JudgeInvalid("name", expected=f"at most {JUDGES_KEPT} judges in a project")
        if any(one.name == judge.name for one in others):
            raise JudgeInvalid("name", expected=f"a name no other judge has, not {judge.name!r}")
        if self.endpoint(judge.project, judge.endpoint) is None:
            raise JudgeInvalid("endpoint", expected="the id of a model endpoint of the project")
        for place, name in enumerate(judge.triggers):
            if name not in DETECTORS:
                expected = f"the name of a detector, not {name[:60]!r}: see GET /api/v1/detectors"
                raise JudgeInvalid(f"triggers.{place}", expected=expected)
        if judge.budget_usd_per_day is not None and judge.budget_usd_per_day < 0:
            raise JudgeInvalid("budget_usd_per_day", expected="0 or more, or none")
        pairwise = spec_of(judge).rubric.pairwise
        if judge.rubric:
            # Its words may be another release's tomorrow.
            judge = replace(judge, template="", labels=())
        before = self.judge(judge.project, judge.id)
        if before and (before.template, before.labels) != (judge.template, judge.labels):
            judge = replace(judge, version=before.version + 1)
        if pairwise and (judge.sample_rate or judge.triggers):
            field = "sample_rate" if judge.sample_rate else "triggers"
            raise JudgeInvalid(
                field, expected="none: a pairwise judge compares two runs, and is drawn for none"
            )
        judge = replace(judge, updated_ns=time.time_ns())
        self._save(judge.project, JUDGE, judge.id, asdict(judge), judge.updated_ns)
        return judge

    def delete_judge(self, project: str, judge_id: str) -> bool:
        """Scores it gave stay."""
        return self._delete(project, JUDGE, judge_id)

    def made(self, judge: NamedJudge, *, unlimited: bool = False) -> Judge:
        """The judge ready to be asked; one and the same until it is changed, so that its budget holds.
        `unlimited` is for trials by hand, which are paid but not held back. Raises JudgeInvalid,
        RubricInvalid, and CannotOpen where the endpoint's key was sealed with another key."""
        key = (judge.project, f"{judge.id}/{judge.updated_ns}/{unlimited}")
        with self._lock:
            known = self._ready.get(key) if judge.updated_ns else None
        if known is not None:
            return known
        endpoint = self.endpoint(judge.project, judge.endpoint)
        if endpoint is None:
            raise JudgeInvalid("endpoint", expected="the id of a model endpoint of the project")
        made = Judge(
            spec_of(judge),
            model=self.opened(endpoint),
            price=self.price(endpoint),
            budget=Budget(
                None if unlimited else judge.budget_usd_per_day,
                ledger=self.ledger(judge.project, judge.id),
                now_ns=time.time_ns,
            ),
            cache=self._cache,
            mask=self._mask,
        )
        if not judge.updated_ns:
            # A draft: the next one may be another.
            return made
        with self._lock:
            return self._ready.setdefault(key, made)

    def opened(self, endpoint: NamedEndpoint, *, max_bytes: int = 2_000_000) -> Model:
        """Connects to nothing yet. Raises CannotOpen where the key was sealed with another key."""
        return self._open_model(
            Endpoint(
                base_url=endpoint.base_url,
                model=endpoint.model,
                shape=endpoint.shape,
                api_key=self._seal.open(endpoint.sealed_key) if endpoint.sealed_key else "",
                timeout_s=endpoint.timeout_s,
                allow_private=endpoint.allow_private,
                max_bytes=max_bytes,
            )
        )

    def price(self, endpoint: NamedEndpoint) -> Price:
        return _priced(endpoint, self._price_of(endpoint.project))

    def spent_today(self, judge: NamedJudge) -> float:
        """USD."""
        return self.spent_today_by(judge.project, judge.id)

    def spent_today_by(self, project: str, who: str) -> float:
        """USD; `who` is the id of a judge, or of whoever else pays from a ledger here."""
        return self.ledger(project, who).spent(time.strftime("%Y-%m-%d", time.gmtime()))

    def ledger(self, project: str, who: str) -> Ledger:
        """One and the same for a judge, however often it was changed: two would overwrite each other."""
        with self._lock:
            return self._ledgers.setdefault((project, who), _Ledger(self._metadata, project, who))

    def _save(self, project: str, kind: str, record_id: str, body: Mapping[str, Any], at_ns: int) -> None:
        text = orjson.dumps(body).decode()
        self._metadata.save_records(
            [Record(project=project, kind=kind, id=record_id, body=text, updated_ns=at_ns)]
        )
        self._forget()

    def _delete(self, project: str, kind: str, record_id: str) -> bool:
        gone = self._metadata.delete_record(project, kind, record_id)
        self._forget()
        return gone

    def _forget(self) -> None:
        self._kept.forget()
        with self._lock:
            self._ready = {}


def spec_of(judge: NamedJudge) -> JudgeSpec:
    """Raises JudgeInvalid and RubricInvalid, which name the field."""
    return JudgeSpec(
        id=judge.name,
        rubric=rubric_of(judge),
        temperature=judge.temperature,
        max_tokens=judge.max_tokens,
        sample_rate=judge.sample_rate,
        triggers=judge.triggers,
    )


def rubric_of(judge: NamedJudge) -> Rubric:
    """Raises JudgeInvalid, also where a judge has both a rubric that ships and words of its own: one of them
    would not be asked. The words of that very rubric, as `GET /judges` tells them, are no others."""
    if judge.rubric:
        known = RUBRICS.get(judge.rubric)
        if known is None:
            raise JudgeInvalid("rubric", expected=f"one of {', '.join(RUBRICS)}, or none for your own")
        for field, given, its in (
            ("template", judge.template, known.template),
            ("labels", judge.labels, known.labels),
        ):
            if given and given != its:
                expected = (
                    f"none beside rubric {judge.rubric!r}, which has its own; leave rubric empty for yours"
                )
                raise JudgeInvalid(field, expected=expected)
        return known
    return Rubric(
        id=f"own-{judge.id}",
        title=judge.name,
        template=judge.template,
        labels=judge.labels,
        version=judge.version,
    )


def _check_base_url(endpoint: NamedEndpoint) -> None:
    """What can be told without looking a name up; the rest is seen when it is asked, each time anew."""
    try:
        url = parse_url(endpoint.base_url, example="https://api.openai.com/v1")
        if url.scheme == "http" and not endpoint.allow_private:
            raise AddressRefused("expected https:// (http:// only to a private address, with allow_private)")
        if _is_address(url.host):
            allowed = None if endpoint.allow_private else ()
            check_address(url.host, encrypted=url.scheme == "https", allowed=allowed)
    except AddressRefused as refused:
        raise JudgeInvalid("base_url", expected=str(refused)) from None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class _Ledger:
    """What a judge spent, a record a day."""

    def __init__(self, metadata: MetadataStore, project: str, judge_id: str) -> None:
        self._metadata = metadata
        self._project = project
        self._judge = judge_id
        self._lock = threading.Lock()  # protects the read-change-write of a day

    def spent(self, day: str) -> float:
        record = self._metadata.record(self._project, SPENT, self._id(day))
        return float(orjson.loads(record.body)["usd"]) if record else 0.0

    def add(self, day: str, *, usd: float) -> None:
        with self._lock:
            body = orjson.dumps({"usd": self.spent(day) + usd}).decode()
            record = Record(
                project=self._project, kind=SPENT, id=self._id(day), body=body, updated_ns=time.time_ns()
            )
            self._metadata.save_records([record])

    def _id(self, day: str) -> str:
        return f"{self._judge}/{day}"


def _priced(endpoint: NamedEndpoint, listed: Price) -> Price:
    given, said = endpoint.input_usd_per_mtok, endpoint.output_usd_per_mtok
    if given is None or said is None:
        return listed
    return lambda _model, read, written: (read * given + written * said) / 1e6


_ENDPOINT_FIELDS = frozenset(one.name for one in fields(NamedEndpoint))
_JUDGE_FIELDS = frozenset(one.name for one in fields(NamedJudge))


def _endpoint(record: Record) -> NamedEndpoint:
    kept = {k: v for k, v in orjson.loads(record.body).items() if k in _ENDPOINT_FIELDS}
    kept["shape"] = Shape(kept["shape"])
    return NamedEndpoint(**kept)


def _label(kept: Mapping[str, Any] | Sequence[Any]) -> Label:
    """Before labels could name a failure mode, they were kept as (name, value, meaning)."""
    if isinstance(kept, Mapping):
        return Label(**kept)
    name, value, meaning = kept
    return Label(name=name, value=value, meaning=meaning)


def _judge(record: Record) -> NamedJudge:
    kept = {k: v for k, v in orjson.loads(record.body).items() if k in _JUDGE_FIELDS}
    kept["labels"] = tuple(_label(one) for one in kept.get("labels", ()))
    for name in ("triggers", "agents"):
        kept[name] = tuple(kept.get(name, ()))
    return NamedJudge(**kept)
