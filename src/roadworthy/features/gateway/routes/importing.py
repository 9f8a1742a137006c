"""Providers and routes of a file, taken together: all of them are checked, then all are saved or none."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from roadworthy.domain.model_route import ModelRoute, Provider
from roadworthy.features.gateway.routes.book import RouteBook
from roadworthy.features.gateway.routes.drafts import (
    ProviderDraft,
    check_route,
    checked_provider,
    without_blanks,
)
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: str
    """provider or route."""
    name: str
    what: str
    """new, changed or same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    changes: tuple[Change, ...]
    providers: tuple[Provider, ...]
    """Those that are new or changed."""
    routes: tuple[ModelRoute, ...]
    without_key: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What stands where in the file, for what is said about it: `documents[2]`."""

    place: str
    provider: ProviderDraft | None = None
    route: ModelRoute | None = None


def plan_import(book: RouteBook, project: str, placed: Sequence[Placed], *, at_ns: int) -> ImportPlan:
    """Routes are known by name, agent and release. Raises FieldInvalid."""
    known = {one.name: one for one in book.providers(project)}
    providers = dict(known)
    changes: list[Change] = []
    for one in placed:
        if one.provider is not None:
            made = _provider(one.provider, known, project=project, place=one.place, at_ns=at_ns)
            providers[made.name] = made
            changes.append(Change(kind="provider", name=made.name, what=_what(known.get(made.name), made)))
    before = {_key(one): one for one in book.routes(project)}
    after = dict(before)
    places: dict[tuple[str, str, str], str] = {}
    for one in placed:
        if one.route is not None:
            route = without_blanks(one.route)
            key = _key(route)
            if key in places:
                raise FieldInvalid(
                    f"{one.place}.name", expected=f"each route once; {places[key]} is the same"
                )
            places[key] = one.place
            held = before.get(key)
            after[key] = replace(
                route,
                project=project,
                id=held.id if held else secrets.token_hex(8),
                updated_ns=at_ns,
            )
            changes.append(Change(kind="route", name=route.name, what=_what(held, after[key])))
    for key, place in places.items():
        others = [one for held, one in after.items() if held != key]
        try:
            check_route(after[key], others=others, providers=providers)
        except FieldInvalid as invalid:
            raise FieldInvalid(f"{place}.{invalid.field}", expected=invalid.expected) from None
    return ImportPlan(
        changes=tuple(changes),
        providers=tuple(one for one in providers.values() if _what(known.get(one.name), one) != "same"),
        routes=tuple(after[key] for key in places if _what(before.get(key), after[key]) != "same"),
        without_key=tuple(
            sorted(
                one.name
                for one in providers.values()
                if not (one.sealed_key or one.key_variable or one.allow_private)
            )
        ),
    )


def _provider(
    draft: ProviderDraft, known: dict[str, Provider], *, project: str, place: str, at_ns: int
) -> Provider:
    try:
        made = checked_provider(draft, project=project, at_ns=at_ns)
    except FieldInvalid as invalid:
        raise FieldInvalid(f"{place}.{invalid.field}", expected=invalid.expected) from None
    held = known.get(made.name)
    # A key stays with its address: else a file could have it sent elsewhere.
    keeps = held is not None and dict(held.bases) == dict(made.bases) and not made.key_variable
    return replace(made, sealed_key=held.sealed_key) if held is not None and keeps else made


def _key(route: ModelRoute) -> tuple[str, str, str]:
    return route.name, route.agent, route.release


def _what(before: Provider | ModelRoute | None, after: Provider | ModelRoute) -> str:
    if before is None:
        return "new"
    return "same" if replace(before, updated_ns=after.updated_ns) == after else "changed"
