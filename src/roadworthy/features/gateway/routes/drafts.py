"""What a provider or route is to be, checked: every refusal names the field and what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import orjson

from roadworthy.domain.model_route import (
    Breaking,
    Family,
    KeyHeader,
    ModelRoute,
    Provider,
    RouteTarget,
)
from roadworthy.features.gateway.routes.presets import BY_NAME, PRESETS, bases_of
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid
from roadworthy.features.gateway.snapshot.route_table import answers_to

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
PROVIDER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_CREDENTIALS = frozenset(
    {"authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization", "host"}
)
_PINNED_ELSEWHERE = frozenset({"model", "stream"})
MOST_TARGETS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDraft:
    """`key` None keeps the one that is there, "" takes it away."""

    name: str
    preset: str = ""
    base_url: str = ""
    bases: Mapping[Family, str] = field(default_factory=dict)
    key: str | None = None
    key_variable: str = ""
    key_header: KeyHeader | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool | None = None
    """None: as the preset, and where the base URL is on this machine."""
    at_once: int = 0
    queue: int = 100
    queue_wait_s: float = 30.0
    breaking: Breaking = field(default_factory=Breaking)


def checked_provider(draft: ProviderDraft, *, project: str, at_ns: int) -> Provider:
    """Without its key. Raises FieldInvalid."""
    if not PROVIDER_NAME.fullmatch(draft.name):
        raise FieldInvalid("name", expected="1 to 40 lower-case letters, digits and . _ -")
    preset = BY_NAME.get(draft.preset) if draft.preset else None
    if draft.preset and preset is None:
        raise FieldInvalid("preset", expected="one of " + ", ".join(one.name for one in PRESETS))
    bases = {family: url.rstrip("/") for family, url in draft.bases.items()} or bases_of(
        preset, base_url=draft.base_url
    )
    if not bases:
        raise FieldInvalid("base_url", expected="the address it answers at, like https://host/v1")
    local = preset is not None and preset.local
    allow_private = draft.allow_private if draft.allow_private is not None else local or _is_local(bases)
    for family, url in bases.items():
        where = f"bases.{family.value}" if draft.bases else "base_url"
        check_url(url, field=where, private=allow_private)
    for name, value in draft.headers.items():
        _check_header(name, value)
    if draft.key and draft.key_variable:
        raise FieldInvalid("key_variable", expected="either a key or the variable that holds it, not both")
    if draft.key is not None and not all(33 <= ord(letter) < 127 for letter in draft.key):
        raise FieldInvalid("key", expected="printable ASCII without spaces")
    if draft.key_variable and not VARIABLE.fullmatch(draft.key_variable):
        raise FieldInvalid("key_variable", expected="the name of an environment variable: OPENAI_API_KEY")
    usual = {Family.OPENAI: KeyHeader.BEARER, Family.ANTHROPIC: KeyHeader.X_API_KEY}
    known = {**usual, Family.GEMINI: KeyHeader.X_GOOG_API_KEY, **(preset.key_header if preset else {})}
    return Provider(
        project=project,
        name=draft.name,
        preset=draft.preset,
        bases=bases,
        key_header={family: draft.key_header or known[family] for family in bases},
        key_variable=draft.key_variable,
        headers={name.lower(): value for name, value in draft.headers.items()},
        allow_private=allow_private,
        at_once=draft.at_once,
        queue=draft.queue,
        queue_wait_s=draft.queue_wait_s,
        breaking=draft.breaking,
        updated_ns=at_ns,
    )


def check_url(url: str, *, field: str, private: bool) -> None:
    try:
        parts = urlsplit(url)
        bad = parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0
    except ValueError:
        bad = True
    if bad or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise FieldInvalid(field, expected="a URL that begins with https:// (or http:// in your network)")
    if parts.username or parts.password:
        raise FieldInvalid(field, expected="no user or password in it: give the key as key")
    if parts.query or parts.fragment:
        raise FieldInvalid(field, expected="no ? and no #: the path of each call is put behind it")
    if parts.scheme == "http" and not private:
        raise FieldInvalid(
            field, expected="https:// (http:// only with allow_private: the key would go in the clear)"
        )


def _is_local(bases: Mapping[Family, str]) -> bool:
    try:
        hosts = {urlsplit(url).hostname for url in bases.values()}
    except ValueError:
        return False
    return hosts <= {"localhost", "127.0.0.1", "::1"}


def _check_header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        raise FieldInvalid(f"headers.{name[:50]}", expected="the name of an HTTP header")
    if name.lower() in _CREDENTIALS or name.lower().startswith("x-roadworthy-"):
        raise FieldInvalid(f"headers.{name}", expected="no credential: give it as key")
    if not value.isascii() or not value.isprintable():
        raise FieldInvalid(f"headers.{name}", expected="printable ASCII on one line")


def check_route(
    route: ModelRoute, *, others: Sequence[ModelRoute], providers: Mapping[str, Provider]
) -> None:
    """Against the other routes and the providers of its project. Raises FieldInvalid."""
    if not NAME.fullmatch(route.name):
        raise FieldInvalid("name", expected="1 to 100 letters, digits and . _ : / -")
    if route.release and not route.agent:
        raise FieldInvalid("release", expected="an agent, too: a release is one of an agent")
    _check_hedge(route.hedge)
    for place, pattern in enumerate(route.models):
        if not pattern or len(pattern) > 200 or not pattern.isprintable():
            raise FieldInvalid(f"models[{place}]", expected="a model name, * for any text: gpt-*")
    _check_targets(route, others=others, providers=providers)
    _check_shadows(route, others)
    _check_circle(route, others)


def _check_hedge(hedge: str) -> None:
    if hedge in ("", "p95"):
        return
    try:
        milliseconds = float(hedge)
    except ValueError:
        milliseconds = -1
    if not 1 <= milliseconds <= 600_000:
        raise FieldInvalid("hedge", expected="p95, or 1 to 600000 milliseconds")


def _check_targets(
    route: ModelRoute, *, others: Sequence[ModelRoute], providers: Mapping[str, Provider]
) -> None:
    if not 1 <= len(route.targets) <= MOST_TARGETS:
        raise FieldInvalid("targets", expected=f"1 to {MOST_TARGETS} of them")
    for place, target in enumerate(route.targets):
        where = f"targets[{place}]"
        if bool(target.route) == bool(target.provider):
            raise FieldInvalid(where, expected="either a provider or a route")
        if target.route:
            if target.route == route.name:
                raise FieldInvalid(f"{where}.route", expected="another route than itself")
            if not any(one.name == target.route for one in others):
                known = ", ".join(sorted({one.name for one in others})) or "none yet"
                raise FieldInvalid(f"{where}.route", expected=f"the name of a route ({known})")
            if target.model or target.parameters:
                raise FieldInvalid(where, expected="no model and no parameters beside a route")
            continue
        if target.provider not in providers:
            known = ", ".join(sorted(providers)) or "none yet"
            raise FieldInvalid(f"{where}.provider", expected=f"the name of a provider ({known})")
        if not target.model and not route.models:
            raise FieldInvalid(f"{where}.model", expected="the model to ask for (a name is no model)")
        _check_parameters(target.parameters, where=where)


def _check_parameters(parameters: Mapping[str, Any], *, where: str) -> None:
    for name in parameters:
        if name in _PINNED_ELSEWHERE:
            expected = "its own field" if name == "model" else "what the agent asks for"
            raise FieldInvalid(f"{where}.parameters.{name}", expected=expected)
    try:
        size = len(orjson.dumps(dict(parameters)))
    except (TypeError, ValueError):
        raise FieldInvalid(f"{where}.parameters", expected="JSON values") from None
    if size > 20_000:
        raise FieldInvalid(f"{where}.parameters", expected="at most 20000 bytes of JSON")


def _check_shadows(route: ModelRoute, others: Sequence[ModelRoute]) -> None:
    """Two routes of the same scope must not answer to the same name by chance."""
    for other in others:
        if (other.agent, other.release) != (route.agent, route.release):
            continue
        whom = f"{other.name} ({_scope(other)})"
        if other.name == route.name:
            raise FieldInvalid("name", expected=f"a name no other route of this scope has: there is {whom}")
        for pattern in other.models:
            if answers_to(pattern, route.name):
                raise FieldInvalid(
                    "name", expected=f"a name that {pattern!r} of route {whom} does not answer to"
                )
        for place, pattern in enumerate(route.models):
            if pattern in other.models:
                raise FieldInvalid(
                    f"models[{place}]", expected=f"no pattern that route {whom} has, too: {pattern!r}"
                )
            if answers_to(pattern, other.name):
                raise FieldInvalid(
                    f"models[{place}]", expected=f"no pattern that covers the name of route {whom}"
                )


def _scope(route: ModelRoute) -> str:
    if not route.agent:
        return "for every agent"
    return f"for {route.agent} {route.release}".rstrip()


def _check_circle(route: ModelRoute, others: Sequence[ModelRoute]) -> None:
    """By name, whatever the scope: which route a name stands for may differ by agent."""
    leads = {one.name: set[str]() for one in (*others, route)}
    for one in (*others, route):
        leads[one.name].update(target.route for target in one.targets if target.route)

    def walk(name: str, path: tuple[str, ...]) -> None:
        for following in sorted(leads.get(name, ())):
            if following == route.name:
                circle = " → ".join((*path, following))
                raise FieldInvalid("targets", expected=f"no circle of routes: {circle}")
            if following not in path:
                walk(following, (*path, following))

    walk(route.name, (route.name,))


def without_blanks(route: ModelRoute) -> ModelRoute:
    """Names as people type them."""
    return replace(
        route,
        name=route.name.strip(),
        agent=route.agent.strip(),
        release=route.release.strip(),
        models=tuple(one.strip() for one in route.models),
        targets=tuple(
            RouteTarget(
                provider=one.provider.strip(),
                model=one.model.strip(),
                parameters=one.parameters,
                route=one.route.strip(),
            )
            for one in route.targets
        ),
    )
