"""Backstage catalogues (`catalog-info.yaml`): Components that are agents, Groups, Users, Systems.

Format: https://backstage.io/docs/features/software-catalog/descriptor-format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.domain.agent import TIERS, Link, Stage
from roadworthy.features.registry.checks import is_address
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.wish import MOST_WISHES, Draft, ImportOptions, Wish
from roadworthy.features.registry.records import Kind
from roadworthy.kit.yaml_documents import YamlInvalid, read_documents

AGENT_TYPES = frozenset({"agent", "ai-agent"})
OURS = "roadworthy/"
"""Of annotations that are for us: agent, owner, runbook, tier, stage, schedule, escalation-policy,
objectives."""
_STAGES = {"experimental": Stage.PILOT, "production": Stage.PRODUCTION, "deprecated": Stage.RETIRED}
"""By spec.lifecycle."""
_PAGER = ("pagerduty.com/service-id", "pagerduty.com/integration-key")
_SPACES = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    kind: str
    name: str
    where: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ref:
    """[kind:][namespace/]name; `kind` in lower case, "" where it is not said."""

    kind: str
    name: str


@dataclass(slots=True, kw_only=True)
class _Catalogue:
    names: KnownNames
    draft: Draft
    groups: dict[str, _Entity] = field(default_factory=dict)
    users: dict[str, _Entity] = field(default_factory=dict)
    systems: dict[str, _Entity] = field(default_factory=dict)
    components: dict[str, _Entity] = field(default_factory=dict)


def read_backstage(text: str, names: KnownNames, options: ImportOptions) -> Draft:
    """Components whose type says so, that carry the annotation roadworthy/agent, or whose name is that of a
    registered agent are agents."""
    draft = Draft()
    try:
        documents = read_documents(text)
    except YamlInvalid as fault:
        draft.refuse("the file", field="", expected=f"YAML documents; {fault}")
        return draft
    if len(documents) > MOST_WISHES:
        draft.refuse("the file", field="", expected=f"at most {MOST_WISHES} documents")
        return draft
    catalogue = _Catalogue(names=names, draft=draft)
    for number, document in enumerate(documents, 1):
        _enter(catalogue, document, number=number)
    for group in catalogue.groups.values():
        _group(catalogue, group)
    for user in catalogue.users.values():
        _user(catalogue, user)
    for component in catalogue.components.values():
        _component(catalogue, component, types=AGENT_TYPES | {one.casefold() for one in options.types})
    return draft


def _enter(catalogue: _Catalogue, document: Any, *, number: int) -> None:
    draft, where = catalogue.draft, f"document {number}"
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not isinstance(document.get("kind"), str):
        draft.refuse(where, field="kind", expected="a catalogue entity: apiVersion, kind, metadata, spec")
        return
    kind, name = document["kind"], metadata.get("name")
    tables = {
        "group": catalogue.groups,
        "user": catalogue.users,
        "system": catalogue.systems,
        "component": catalogue.components,
    }
    table = tables.get(kind.casefold())
    if table is None:
        draft.notes.append(
            f"{where}: {kind[:60]} is left out, only Component, Group, User and System are read"
        )
        return
    if not isinstance(name, str) or not name.strip():
        draft.refuse(where, field="metadata.name", expected="a name")
        return
    where = f"{where} ({kind} {name})"
    if name.casefold() in table:
        draft.refuse(where, field="metadata.name", expected=f"each {kind} once; {name!r} is there already")
        return
    spec = document.get("spec") or {}
    if not isinstance(spec, dict):
        draft.refuse(where, field="spec", expected="a mapping")
        return
    annotations = metadata.get("annotations") or {}
    labels = metadata.get("labels") or {}
    said = {**labels, **annotations} if isinstance(labels, dict) and isinstance(annotations, dict) else {}
    table[name.casefold()] = _Entity(
        kind=kind,
        name=name,
        where=where,
        metadata=metadata,
        spec=spec,
        annotations={str(key): str(value) for key, value in said.items() if value is not None},
    )


def _group(catalogue: _Catalogue, group: _Entity) -> None:
    name = catalogue.names.team(group.name)
    fields = {"title": _title(group), "description": _text(group.metadata.get("description"))}
    told: dict[str, Any] = {key: value for key, value in fields.items() if value}
    members = [_person(catalogue, _ref(one).name) for one in _texts(group.spec.get("members"))]
    for user in catalogue.users.values():
        if any(
            _ref(one).name.casefold() == group.name.casefold() for one in _texts(user.spec.get("memberOf"))
        ):
            members.append(_person(catalogue, user.name))
    if members:
        told["members"] = tuple(dict.fromkeys(members))
    catalogue.draft.wishes += [
        Wish(kind=Kind.CONTACT, name=one, where=group.where, mentioned=True) for one in dict.fromkeys(members)
    ]
    catalogue.draft.wishes.append(Wish(kind=Kind.TEAM, name=name, fields=told, where=group.where))


def _user(catalogue: _Catalogue, user: _Entity) -> None:
    profile = user.spec.get("profile")
    email = _text(profile.get("email")) if isinstance(profile, dict) else ""
    told = {key: value for key, value in {"title": _title(user), "email": email}.items() if value}
    name = _person(catalogue, user.name)
    catalogue.draft.wishes.append(Wish(kind=Kind.CONTACT, name=name, fields=told, where=user.where))
    for ref in _texts(user.spec.get("memberOf")):
        group = _ref(ref).name
        if group.casefold() not in catalogue.groups:
            team = _team(catalogue, group)
            catalogue.draft.wishes.append(
                Wish(kind=Kind.TEAM, name=team, fields={"members": (name,)}, where=user.where, joins=True)
            )


def _component(catalogue: _Catalogue, component: _Entity, *, types: frozenset[str]) -> None:
    said, draft = component.annotations, catalogue.draft
    name = said.get(f"{OURS}agent", component.name)
    kind = _text(component.spec.get("type")).casefold()
    if kind not in types and f"{OURS}agent" not in said and name not in catalogue.names.snapshot.agents:
        draft.notes.append(
            f"{component.where}: left out, its type {kind or 'none'!r} is no agent's; give the type in "
            f"`types`, or the component the annotation {OURS}agent"
        )
        return
    fields = dict(_agent_fields(component, draft))
    fields |= dict(_ownership(catalogue, component))
    for key in _PAGER:
        if key in said:
            # An integration key is a secret: it is neither kept nor said again.
            draft.notes.append(
                f"{component.where}: {key} is not taken over; make a PagerDuty channel and name it in the "
                "team's channels or the escalation policy"
            )
    draft.wishes.append(Wish(kind=Kind.AGENT, name=name, fields=fields, where=component.where))


def _agent_fields(component: _Entity, draft: Draft) -> Iterator[tuple[str, Any]]:
    said, where = component.annotations, component.where
    if description := _text(component.metadata.get("description")):
        yield "description", description[:4000]
    links = list(_links(component, draft))
    if links:
        yield "links", tuple(links)
    if runbook := _runbook(component):
        yield "runbook", runbook
    tier = said.get(f"{OURS}tier", said.get("tier", "")).casefold().removeprefix("tier").strip(" -_")
    if tier in TIERS:
        yield "tier", tier
    elif tier:
        draft.notes.append(f"{where}: the tier {tier[:40]!r} is none of {', '.join(TIERS)} and left out")
    stage = said.get(f"{OURS}stage", "").casefold()
    if stage in {one.value for one in Stage if one is not Stage.DISCOVERED}:
        yield "stage", Stage(stage)
    elif stage:
        draft.refuse(where, field=f"{OURS}stage", expected="pilot, canary, production or retired")
    elif found := _STAGES.get(_text(component.spec.get("lifecycle")).casefold()):
        yield "stage", found
    for annotation, name in (("schedule", "schedule"), ("escalation-policy", "policy")):
        if value := said.get(OURS + annotation):
            yield name, value
    if objectives := said.get(f"{OURS}objectives"):
        yield "objectives", tuple(one for one in _SPACES.split(objectives) if one)


def _links(component: _Entity, draft: Draft) -> Iterator[Link]:
    for link in _listed(component.metadata.get("links")):
        url = _text(link.get("url")) if isinstance(link, dict) else ""
        if not is_address(url):
            draft.notes.append(
                f"{component.where}: the link {str(url)[:80]!r} is no http address and left out"
            )
            continue
        yield Link(title=(_text(link.get("title")) or _text(link.get("type")))[:200], url=url)


def _runbook(component: _Entity) -> str:
    """Its annotation's, or else the link that says it is one."""
    for link in _listed(component.metadata.get("links")):
        if isinstance(link, dict) and "runbook" in f"{link.get('type')} {link.get('title')}".casefold():
            return component.annotations.get(f"{OURS}runbook") or _text(link.get("url"))
    return component.annotations.get(f"{OURS}runbook", "")


def _ownership(catalogue: _Catalogue, component: _Entity) -> Iterator[tuple[str, str]]:
    """Team and person. Without an owner of its own a component has that of its system."""
    owner = _text(component.spec.get("owner"))
    system = catalogue.systems.get(_ref(_text(component.spec.get("system"))).name.casefold())
    if not owner and system:
        owner = _text(system.spec.get("owner"))
    if not owner:
        catalogue.draft.notes.append(f"{component.where}: it names no owner")
    else:
        yield _owner(catalogue, _ref(owner), where=component.where)
    if person := component.annotations.get(f"{OURS}owner"):
        ref = _ref(person)
        yield _owner(catalogue, _Ref(kind=ref.kind or "user", name=ref.name), where=component.where)


def _owner(catalogue: _Catalogue, ref: _Ref, *, where: str) -> tuple[str, str]:
    """An owner without a kind is a Group, as Backstage has it, unless only a User has the name."""
    team = _team(catalogue, ref.name)
    person = _person(catalogue, ref.name)
    is_group = ref.name.casefold() in catalogue.groups or team in catalogue.names.snapshot.teams
    is_user = ref.name.casefold() in catalogue.users or person in catalogue.names.snapshot.contacts
    if ref.kind == "user" or (not ref.kind and is_user and not is_group):
        catalogue.draft.wishes.append(Wish(kind=Kind.CONTACT, name=person, where=where, mentioned=True))
        return "owner", person
    catalogue.draft.wishes.append(Wish(kind=Kind.TEAM, name=team, where=where, mentioned=True))
    return "team", team


def _ref(text: str) -> _Ref:
    kind, colon, rest = text.rpartition(":")
    return _Ref(kind=kind.strip().casefold() if colon else "", name=rest.rpartition("/")[2].strip())


def _team(catalogue: _Catalogue, name: str) -> str:
    """References may have other letters than what they refer to, in the file or on the register."""
    group = catalogue.groups.get(name.casefold())
    return catalogue.names.team(group.name if group else name)


def _person(catalogue: _Catalogue, name: str) -> str:
    user = catalogue.users.get(name.casefold())
    return catalogue.names.contact(user.name if user else name)


def _title(entity: _Entity) -> str:
    profile = entity.spec.get("profile")
    shown = profile.get("displayName") if isinstance(profile, dict) else None
    return (_text(shown) or _text(entity.metadata.get("title")))[:200]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one.strip() for one in _listed(value) if isinstance(one, str) and one.strip()]
