"""The connectors of a project, with their secrets sealed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.gateway.connectors.settings.secret_ref import secrets_in
from roadworthy.features.gateway.connectors.settings.sql import ADDRESS_OPTIONS
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid, read_settings
from roadworthy.kit.kept import Kept

KIND = "connector"
CONNECTORS_KEPT = 500
NAME = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")
_SECRET_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,100}$")
_SECRET_BYTES = 100_000


class Seal(Protocol):
    """`kit.sealing.Sealer`."""

    def seal(self, secret: str) -> str: ...
    def open(self, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorDraft:
    """What somebody wants a connector to be; its secrets are said apart from it."""

    kind: ConnectorKind
    settings: dict[str, Any]
    title: str = ""
    description: str = ""
    enabled: bool = True
    allow_private: bool = False
    timeout_s: float = 10.0
    max_result_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    connector: Connector
    dropped: tuple[str, ...] = ()
    """Secrets that are to be said again: the address they were given for is another now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    name: str
    present: bool


def read_connector(record: Record) -> Connector:
    """Raises ValueError."""
    return read_record(Connector, record)


class ConnectorBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(
        self, metadata: MetadataStore, *, seal: Seal, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._metadata = metadata
        self._seal = seal
        self._clock = clock
        self._kept: Kept[str, dict[str, Connector]] = Kept(self._read, counter=metadata.change_counter)

    def connectors(self, project: str) -> list[Connector]:
        """By name."""
        return sorted(self._kept.of(project).values(), key=lambda one: one.name)

    def connector(self, project: str, name: str) -> Connector | None:
        return self._kept.of(project).get(name)

    def projects(self) -> list[str]:
        return sorted({DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())})

    def check(self, project: str, name: str, draft: ConnectorDraft) -> Saved:
        """What saving it would make. Raises ConnectorInvalid."""
        faults = _faults_of(name, draft)
        if faults:
            raise ConnectorInvalid(faults)
        read_settings(draft.kind, draft.settings)
        before = self.connector(project, name)
        if before is not None and before.kind is not draft.kind:
            raise ConnectorInvalid([("kind", f"expected {before.kind.value}: the kind of a connector stays")])
        if before is None and len(self._kept.of(project)) >= CONNECTORS_KEPT:
            raise ConnectorInvalid([("name", f"expected at most {CONNECTORS_KEPT} connectors in a project")])
        sealed = dict(before.sealed) if before is not None else {}
        dropped: tuple[str, ...] = ()
        if before is not None and _address(before.settings) != _address(draft.settings):
            # A secret goes to no address it was not given for.
            dropped, sealed = tuple(sorted(sealed)), {}
        made = Connector(
            project=project,
            name=name,
            kind=draft.kind,
            title=draft.title,
            description=draft.description,
            settings=draft.settings,
            sealed=sealed,
            enabled=draft.enabled,
            allow_private=draft.allow_private,
            timeout_s=draft.timeout_s,
            max_result_bytes=draft.max_result_bytes,
            updated_ns=self._clock(),
        )
        return Saved(connector=made, dropped=dropped)

    def save(self, project: str, name: str, draft: ConnectorDraft) -> Saved:
        """Enters it, or replaces all of it but its secrets. Raises ConnectorInvalid."""
        saved = self.check(project, name, draft)
        self._keep([saved.connector])
        return saved

    def save_all(self, project: str, drafts: Mapping[str, ConnectorDraft]) -> list[Saved]:
        """All or none. Raises ConnectorInvalid, whose fields begin with the connector's name."""
        made: list[Saved] = []
        faults: list[tuple[str, str]] = []
        for name, draft in drafts.items():
            try:
                made.append(self.check(project, name, draft))
            except ConnectorInvalid as invalid:
                faults += [(f"{name}.{field}", message) for field, message in invalid.faults]
        if faults:
            raise ConnectorInvalid(faults)
        self._keep([one.connector for one in made])
        return made

    def set_secret(self, project: str, name: str, *, secret: str, value: str) -> Connector | None:
        """None where there is no such connector. Raises ConnectorInvalid."""
        before = self.connector(project, name)
        if before is None:
            return None
        if not _SECRET_NAME.match(secret):
            raise ConnectorInvalid([("secret", "expected letters, digits, _ . -, at most 100")])
        if not value or len(value) > _SECRET_BYTES:
            raise ConnectorInvalid([("value", f"expected 1 to {_SECRET_BYTES} characters")])
        changed = replace(
            before, sealed={**before.sealed, secret: self._seal.seal(value)}, updated_ns=self._clock()
        )
        self._keep([changed])
        return changed

    def delete_secret(self, project: str, name: str, *, secret: str) -> bool:
        before = self.connector(project, name)
        if before is None or secret not in before.sealed:
            return False
        sealed = {key: value for key, value in before.sealed.items() if key != secret}
        self._keep([replace(before, sealed=sealed, updated_ns=self._clock())])
        return True

    def delete(self, project: str, name: str) -> bool:
        gone = self._metadata.delete_record(project, KIND, name)
        self._kept.forget()
        return gone

    def _keep(self, connectors: Iterable[Connector]) -> None:
        records = [
            as_record(one, project=one.project, kind=KIND, record_id=one.name, at_ns=one.updated_ns)
            for one in connectors
        ]
        self._metadata.save_records(records)
        self._kept.forget()

    def _read(self, project: str) -> dict[str, Connector]:
        found = [read_connector(record) for record in self._metadata.records(project, KIND)]
        return {one.name: one for one in found}


def secret_states(connector: Connector) -> list[SecretState]:
    """The sealed secrets its settings name, and whether each was said."""
    settings = read_settings(connector.kind, connector.settings)
    named = {one.secret for one in secrets_in(settings) if one.secret}
    return [SecretState(name=one, present=one in connector.sealed) for one in sorted(named)]


_ADDRESSES = (
    *("url", "token_url", "proxy", "command", "arguments", "host", "port", "endpoint", "bucket"),
    *sorted(ADDRESS_OPTIONS - {"host"}),
)


def _address(settings: Any) -> Any:
    """What of settings says where secrets go."""
    if not isinstance(settings, dict):
        return None
    own = {key: settings[key] for key in _ADDRESSES if key in settings}
    for part in ("auth", "source", "options"):
        if isinstance(settings.get(part), dict):
            own[part] = _address(settings[part])
    return own


def _faults_of(name: str, draft: ConnectorDraft) -> list[tuple[str, str]]:
    faults = []
    if not NAME.match(name):
        faults.append(("name", "expected a lower-case letter, then letters, digits, _ and -, at most 40"))
    if not 0 < draft.timeout_s <= 600:
        faults.append(("timeout_s", "expected more than 0 and at most 600 seconds"))
    if not 1_000 <= draft.max_result_bytes <= 64 << 20:
        faults.append(("max_result_bytes", "expected 1000 to 67108864 bytes"))
    return faults


def on_this_machine(kind: ConnectorKind, settings: Mapping[str, Any]) -> bool:
    """Whether it reads files of the server's machine, or runs a program there: not for whoever may change one
    project alone."""
    if kind is ConnectorKind.SQL:
        url = str(settings.get("url", ""))
        options = settings.get("options")
        elsewhere = bool(ADDRESS_OPTIONS & {*options}) if isinstance(options, Mapping) else False
        here = url.startswith(("sqlite", "duckdb")) or "://" not in url or "host=" in url or "/@/" in url
        return here or elsewhere
    source = settings.get("source")
    if kind is ConnectorKind.BATCH:
        return not isinstance(source, Mapping) or source.get("type") == "folder"
    return kind is ConnectorKind.MCP and bool(settings.get("command"))
