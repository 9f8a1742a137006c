"""Providers and routes as a YAML file: one document each, what is usual left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from roadworthy.domain.model_route import ModelRoute, Provider
from roadworthy.doors.rest.models.model_routes import (
    NewProvider,
    RouteBody,
    provider_draft,
    provider_view,
    route_of,
    route_view,
)
from roadworthy.doors.rest.problems import bad_field
from roadworthy.features.gateway.routes.importing import Placed
from roadworthy.features.gateway.routes.presets import BY_NAME
from roadworthy.kit.yaml_documents import YamlInvalid, read_documents, write_documents

_KINDS = ("provider", "route")


def write_file(providers: Sequence[Provider], routes: Sequence[ModelRoute]) -> str:
    documents = [_provider(one) for one in providers] + [_route(one) for one in routes]
    return write_documents(documents)


def _provider(one: Provider) -> dict[str, Any]:
    preset = BY_NAME.get(one.preset)
    view = provider_view(one, routes=[])
    body = NewProvider(
        name=one.name,
        preset=one.preset,
        bases={} if preset is not None and dict(preset.bases) == dict(one.bases) else dict(one.bases),
        key_variable=one.key_variable,
        headers=dict(one.headers),
        allow_private=one.allow_private,
        at_once=one.at_once,
        queue=one.queue,
        queue_wait_s=one.queue_wait_s,
        breaking=view.breaking,
    )
    return {"kind": "provider", "name": one.name, **body.model_dump(mode="json", exclude_defaults=True)}


def _route(one: ModelRoute) -> dict[str, Any]:
    view = route_view(one).model_dump(mode="json", exclude={"id", "updated_at"})
    said = {name: value for name, value in view.items() if value is not None}
    body = RouteBody.model_validate(said)
    return {"kind": "route", "name": one.name, **body.model_dump(mode="json", exclude_defaults=True)}


def read_file(text: str) -> list[Placed]:
    """Raises a 400 that names the document and field."""
    try:
        documents = read_documents(text)
    except YamlInvalid as fault:
        raise bad_field("body.text", str(fault)) from None
    return [_placed(document, place=f"documents[{at}]") for at, document in enumerate(documents)]


def _placed(document: object, *, place: str) -> Placed:
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind not in _KINDS:
        raise bad_field(f"body.text: {place}.kind", "expected provider or route")
    said = {name: value for name, value in document.items() if name != "kind"}
    if "key" in said:
        raise bad_field(
            f"body.text: {place}.key", "expected no key in a file: say it afterwards, or name key_variable"
        )
    try:
        if kind == "provider":
            body = NewProvider.model_validate(said)
            return Placed(place=place, provider=provider_draft(body.name, body))
        return Placed(place=place, route=route_of(RouteBody.model_validate(said), project=""))
    except ValidationError as invalid:
        first = invalid.errors()[0]
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        raise bad_field(f"body.text: {place}{where}", str(first["msg"])) from None
