"""The providers and routes of a project, as records of the metadata store. Keys go in and never come out."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.model_route import ModelRoute, Provider
from roadworthy.features.gateway.routes.drafts import (
    ProviderDraft,
    check_route,
    checked_provider,
    without_blanks,
)
from roadworthy.features.gateway.snapshot import records as kinds
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid

MOST_ROUTES = 2_000
MOST_PROVIDERS = 200


class Seal(Protocol):
    """`kit.sealing.Sealer`."""

    def seal(self, secret: str) -> str: ...
    def open(self, sealed: str) -> str: ...


class StillUsed(Exception):  # noqa: N818 (a condition, not a bug)
    """Routes name it; the message says which."""


class RouteBook:
    """Safe to call from several threads of one process."""

    def __init__(
        self, metadata: MetadataStore, *, seal: Seal, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._metadata = metadata
        self._seal = seal
        self._clock = clock
        self._lock = threading.Lock()  # protects what was checked until it is saved

    def providers(self, project: str) -> list[Provider]:
        """By name."""
        return [read_record(Provider, one) for one in self._metadata.records(project, kinds.PROVIDER)]

    def provider(self, project: str, name: str) -> Provider | None:
        found = self._metadata.record(project, kinds.PROVIDER, name)
        return None if found is None else read_record(Provider, found)

    def save_provider(self, project: str, draft: ProviderDraft, *, new: bool) -> Provider | None:
        """None where one that is to be changed is not there. Raises FieldInvalid."""
        with self._lock:
            before = self.provider(project, draft.name)
            if new and before is not None:
                raise FieldInvalid("name", expected=f"a name no other provider has, not {draft.name!r}")
            if not new and before is None:
                return None
            if new and len(self.providers(project)) >= MOST_PROVIDERS:
                raise FieldInvalid("name", expected=f"at most {MOST_PROVIDERS} providers in a project")
            made = checked_provider(draft, project=project, at_ns=self._clock())
            made = replace(made, sealed_key=self._key(draft, before, made))
            self._metadata.save_records([self._of_provider(made)])
            return made

    def _key(self, draft: ProviderDraft, before: Provider | None, made: Provider) -> str:
        if draft.key is not None:
            return self._seal.seal(draft.key) if draft.key else ""
        if before is None or not before.sealed_key or draft.key_variable:
            return ""
        if dict(before.bases) != dict(made.bases):
            # Else whoever may change an address could have the key sent to themselves.
            raise FieldInvalid("key", expected="to be said again, as the address changes")
        return before.sealed_key

    def delete_provider(self, project: str, name: str) -> bool:
        """Raises StillUsed."""
        with self._lock:
            using = [
                one.name
                for one in self.routes(project)
                if any(target.provider == name for target in one.targets)
            ]
            if using:
                raise StillUsed(f"Routes go to it: {', '.join(using[:10])}.")
            return self._metadata.delete_record(project, kinds.PROVIDER, name)

    def routes(self, project: str) -> list[ModelRoute]:
        """By name, then agent and release."""
        found = [read_record(ModelRoute, one) for one in self._metadata.records(project, kinds.ROUTE)]
        return sorted(found, key=lambda one: (one.name, one.agent, one.release))

    def route(self, project: str, route_id: str) -> ModelRoute | None:
        found = self._metadata.record(project, kinds.ROUTE, route_id)
        return None if found is None else read_record(ModelRoute, found)

    def add_route(self, route: ModelRoute) -> ModelRoute:
        """With an id of its own. Raises FieldInvalid."""
        with self._lock:
            others = self.routes(route.project)
            if len(others) >= MOST_ROUTES:
                raise FieldInvalid("name", expected=f"at most {MOST_ROUTES} routes in a project")
            return self._save(replace(route, id=secrets.token_hex(8)), others=others)

    def change_route(self, route: ModelRoute) -> ModelRoute | None:
        """None where there is none of this id. Raises FieldInvalid."""
        with self._lock:
            routes = self.routes(route.project)
            before = next((one for one in routes if one.id == route.id), None)
            if before is None:
                return None
            others = [one for one in routes if one.id != route.id]
            if before.name != route.name:
                self._not_left_behind(before.name, others)
            return self._save(route, others=others)

    def delete_route(self, project: str, route_id: str) -> bool:
        """Raises StillUsed where another route falls back to it."""
        with self._lock:
            routes = self.routes(project)
            gone = next((one for one in routes if one.id == route_id), None)
            if gone is None:
                return False
            others = [one for one in routes if one.id != route_id]
            if not any(one.name == gone.name for one in others):
                using = _going_to(gone.name, others)
                if using:
                    raise StillUsed(f"Routes fall back to it: {', '.join(using[:10])}.")
            return self._metadata.delete_record(project, kinds.ROUTE, route_id)

    def save_all(self, providers: list[Provider], routes: list[ModelRoute]) -> None:
        """What an import has checked, in one transaction."""
        with self._lock:
            self._metadata.save_records(
                [self._of_provider(one) for one in providers] + [self._of_route(one) for one in routes]
            )

    def key_of(self, provider: Provider) -> str:
        """For a test call. Raises CannotOpen."""
        return self._seal.open(provider.sealed_key) if provider.sealed_key else ""

    def _save(self, route: ModelRoute, *, others: list[ModelRoute]) -> ModelRoute:
        made = replace(without_blanks(route), updated_ns=self._clock())
        providers = {one.name: one for one in self.providers(route.project)}
        check_route(made, others=others, providers=providers)
        self._metadata.save_records([self._of_route(made)])
        return made

    def _not_left_behind(self, name: str, others: list[ModelRoute]) -> None:
        using = [] if any(one.name == name for one in others) else _going_to(name, others)
        if using:
            raise FieldInvalid("name", expected=f"{name!r}: routes fall back to it ({', '.join(using[:10])})")

    def _of_provider(self, one: Provider) -> Record:
        return as_record(
            one, project=one.project, kind=kinds.PROVIDER, record_id=one.name, at_ns=one.updated_ns
        )

    def _of_route(self, one: ModelRoute) -> Record:
        return as_record(one, project=one.project, kind=kinds.ROUTE, record_id=one.id, at_ns=one.updated_ns)


def _going_to(name: str, routes: list[ModelRoute]) -> list[str]:
    return [one.name for one in routes if any(target.route == name for target in one.targets)]
