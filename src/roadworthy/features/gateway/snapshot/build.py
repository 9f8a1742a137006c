"""A snapshot out of the records. What cannot be read is left out and said; it takes nothing else with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from roadworthy.contracts.metadata import PriceOverride, Record
from roadworthy.contracts.record_feed import FeedRead
from roadworthy.contracts.records import read_record
from roadworthy.domain.model_route import (
    CallLimit,
    GatewayKey,
    KeySecret,
    ModelRoute,
    Provider,
    SpendBudget,
)
from roadworthy.features.gateway.snapshot import records as kinds
from roadworthy.features.gateway.snapshot.model import (
    GatewaySnapshot,
    OpenProvider,
    PartReader,
    ProjectPart,
    RecordsByKind,
)
from roadworthy.features.gateway.snapshot.route_table import RouteTable
from roadworthy.kit.sealing import CannotOpen

T = TypeVar("T")
Opener = Callable[[str], str]
"""Opens what is sealed. Raises CannotOpen."""


def build(
    read: FeedRead,
    *,
    version: int,
    read_ns: int,
    open_secret: Opener,
    readers: Mapping[str, PartReader] | None = None,
    last: GatewaySnapshot | None = None,
    environment: Mapping[str, str] = os.environ,
) -> GatewaySnapshot:
    """`last` gives the parts that cannot be read now."""
    problems: list[str] = []
    by_kind = _by_kind(read.records)
    projects = {
        project: _project(
            project,
            by_kind,
            prices=tuple(one for one in read.prices if one.project == project),
            open_secret=open_secret,
            environment=environment,
            problems=problems,
        )
        for project in sorted({*read.projects, *(project for project, _ in by_kind)})
    }
    parts: dict[str, object] = {}
    for name, reader in (readers or {}).items():
        try:
            parts[name] = reader(by_kind, open_secret)
        except Exception as fault:  # noqa: BLE001 - one room's records must not stop every agent
            problems.append(f"{name}: {type(fault).__name__}: {fault}"[:500])
            if last is not None and name in last.parts:
                parts[name] = last.parts[name]
    return GatewaySnapshot(
        version=version,
        read_ns=read_ns,
        keys=_keys(by_kind, problems),
        projects=projects,
        records=by_kind,
        parts=parts,
        problems=tuple(problems),
    )


def _by_kind(records: tuple[Record, ...]) -> RecordsByKind:
    found: dict[tuple[str, str], list[Record]] = {}
    for one in records:
        found.setdefault((one.project, one.kind), []).append(one)
    return {key: tuple(held) for key, held in found.items()}


def _project(
    project: str,
    by_kind: RecordsByKind,
    *,
    prices: tuple[PriceOverride, ...],
    open_secret: Opener,
    environment: Mapping[str, str],
    problems: list[str],
) -> ProjectPart:
    def read(noun: type[T], kind: str) -> list[T]:
        return _nouns(noun, by_kind.get((project, kind), ()), problems)

    providers = {
        one.name: opened(one, open_secret=open_secret, environment=environment)
        for one in read(Provider, kinds.PROVIDER)
    }
    problems += [
        f"provider {name} of project {project}: {one.problem}"
        for name, one in providers.items()
        if one.problem
    ]
    return ProjectPart(
        project=project,
        routes=RouteTable(read(ModelRoute, kinds.ROUTE)),
        providers=providers,
        budgets=tuple(read(SpendBudget, kinds.BUDGET)),
        limits=tuple(read(CallLimit, kinds.LIMIT)),
        prices=prices,
    )


def _nouns(noun: type[T], records: tuple[Record, ...], problems: list[str]) -> list[T]:
    found: list[T] = []
    for record in records:
        try:
            found.append(read_record(noun, record))
        except ValueError:
            # Not what it says: a body may hold what was sealed.
            problems.append(f"{record.kind} {record.id} of project {record.project} cannot be read")
    return found


def opened(provider: Provider, *, open_secret: Opener, environment: Mapping[str, str]) -> OpenProvider:
    if provider.key_variable:
        key = environment.get(provider.key_variable, "")
        problem = "" if key else f"the gateway has no environment variable {provider.key_variable}"
        return OpenProvider(provider=provider, key=key, problem=problem)
    if not provider.sealed_key:
        return OpenProvider(provider=provider)
    try:
        return OpenProvider(provider=provider, key=open_secret(provider.sealed_key))
    except CannotOpen as fault:
        return OpenProvider(provider=provider, problem=f"its key is {fault}")


def _keys(by_kind: RecordsByKind, problems: list[str]) -> dict[str, tuple[GatewayKey, KeySecret]]:
    found: dict[str, tuple[GatewayKey, KeySecret]] = {}
    for (_, kind), records in by_kind.items():
        if kind != kinds.KEY:
            continue
        for key in _nouns(GatewayKey, records, problems):
            if not key.revoked_ns:
                found |= {secret.public_id: (key, secret) for secret in key.secrets}
    return found
