"""Connectors as YAML: read from people's repositories, and written for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.connectors.book import ConnectorBook, ConnectorDraft
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid
from roadworthy.kit.yaml_documents import read_documents, write_documents

_OWN = ("title", "description", "enabled", "allow_private", "timeout_s", "max_result_bytes")


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid")

    connector: str
    kind: ConnectorKind
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=8_000)
    enabled: bool = True
    allow_private: bool = False
    timeout_s: float = 10.0
    max_result_bytes: int = 1 << 20
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What applying a file does to one connector: added, changed or same."""

    name: str
    change: str
    fields: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    """Secrets to be said again."""


def read_file(text: str) -> dict[str, ConnectorDraft]:
    """Documents of YAML, one a connector; a document may hold a list. Raises ConnectorInvalid and
    YamlInvalid."""
    faults: list[tuple[str, str]] = []
    drafts: dict[str, ConnectorDraft] = {}
    documents = [one for each in read_documents(text) for one in (each if isinstance(each, list) else [each])]
    for place, document in enumerate(documents, 1):
        where = document.get("connector", place) if isinstance(document, dict) else place
        try:
            said = _Declared.model_validate(document)
        except ValidationError as fault:
            faults += [
                (".".join([str(where), *map(str, one["loc"])]), one["msg"])
                for one in fault.errors(include_url=False)
            ]
            continue
        if said.connector in drafts:
            faults.append((str(where), "expected each connector once"))
        drafts[said.connector] = ConnectorDraft(
            kind=said.kind, settings=said.settings, **{name: getattr(said, name) for name in _OWN}
        )
    if not documents:
        faults.append(("text", "expected documents with connector, kind and settings"))
    if faults:
        raise ConnectorInvalid(faults)
    return drafts


def apply_file(book: ConnectorBook, project: str, text: str, *, dry_run: bool) -> list[Change]:
    """The same file again changes nothing. Raises ConnectorInvalid and YamlInvalid."""
    drafts = read_file(text)
    before = {name: book.connector(project, name) for name in drafts}
    wanted = {name: one for name, one in drafts.items() if _differs(before[name], one)}
    saved = book.save_all(project, {}) if not wanted else []
    if wanted and dry_run:
        saved = _checked(book, project, wanted)
    elif wanted:
        saved = book.save_all(project, wanted)
    dropped = {one.connector.name: one.dropped for one in saved}
    return [
        Change(
            name=name,
            change="same" if name not in wanted else "added" if before[name] is None else "changed",
            fields=tuple(_differs(before[name], draft)) if before[name] is not None else (),
            dropped=dropped.get(name, ()),
        )
        for name, draft in drafts.items()
    ]


def _checked(book: ConnectorBook, project: str, drafts: dict[str, ConnectorDraft]) -> list[Any]:
    faults: list[tuple[str, str]] = []
    made = []
    for name, draft in drafts.items():
        try:
            made.append(book.check(project, name, draft))
        except ConnectorInvalid as invalid:
            faults += [(f"{name}.{field}", message) for field, message in invalid.faults]
    if faults:
        raise ConnectorInvalid(faults)
    return made


def _differs(before: Connector | None, draft: ConnectorDraft) -> list[str]:
    if before is None:
        return ["connector"]
    own = [name for name in ("kind", *_OWN) if getattr(before, name) != getattr(draft, name)]
    keys = sorted({*before.settings, *draft.settings})
    return own + [f"settings.{key}" for key in keys if before.settings.get(key) != draft.settings.get(key)]


def write_file(connectors: Sequence[Connector]) -> str:
    """As `read_file` reads it. Holds no secret."""
    documents = []
    for one in connectors:
        said: dict[str, Any] = {"connector": one.name, "kind": one.kind.value}
        plain = ConnectorDraft(kind=one.kind, settings={})
        said |= {name: getattr(one, name) for name in _OWN if getattr(one, name) != getattr(plain, name)}
        documents.append({**said, "settings": one.settings})
    return write_documents(documents)
