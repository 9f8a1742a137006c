"""Who asks, and which projects they may see. The one place for both."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from roadworthy.contracts.metadata import MetadataUnavailable
from roadworthy.domain.project import DEFAULT_PROJECT, KeyScope
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.problems import Problem, not_found
from roadworthy.kit.secrets import same_hash, secret_hash, split_api_key

COOKIE = "roadworthy_session"
_ALL = frozenset(KeyScope)
_NOTE_NS = 60 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """`project` None sees all projects. The local user is whoever sits at a loopback server."""

    kind: Literal["local", "person", "key"]
    name: str
    project: str | None
    scopes: frozenset[KeyScope]

    def need(self, scope: KeyScope) -> None:
        """Raises a 403 that names the scope. Admin holds every other scope."""
        if scope not in self.scopes and KeyScope.ADMIN not in self.scopes:
            raise Problem(
                403,
                code="missing_scope",
                title="Not allowed",
                detail=f"This needs a key with the scope {scope.value!r}.",
            )

    def may_see(self, project: str) -> bool:
        return self.project is None or self.project == project


def presented_key(request: Request) -> str | None:
    """The API key of `Authorization: Bearer` or `x-api-key`, "" where the header has no key in it."""
    header = request.headers.get("authorization")
    if header is not None:
        kind, _, value = header.partition(" ")
        return value.strip() if kind.lower() == "bearer" else ""
    return request.headers.get("x-api-key")


def _unauthorized(detail: str) -> Problem:
    return Problem(
        401,
        code="unauthorized",
        title="Who are you?",
        detail=detail,
        headers={"WWW-Authenticate": 'Bearer realm="roadworthy"'},
    )


def _key_principal(ctx: RestContext, text: str) -> Principal:
    presented = split_api_key(text)
    entry = ctx.metadata.key_hashes().get(presented.id) if presented else None
    if presented is None or entry is None or not same_hash(secret_hash(presented.secret), entry[1]):
        raise _unauthorized("No live key is that one: it was never made, was revoked, or is mistyped.")
    key = entry[0]
    now = time.time_ns()
    if now - (key.last_used_ns or 0) > _NOTE_NS:
        # The snapshot is read anew after this write, so it happens once a minute, not with each request.
        # A courtesy: where it cannot be written (a full disk), reading goes on.
        with suppress(MetadataUnavailable):
            ctx.metadata.note_keys_used({key.id: now})
    return Principal(kind="key", name=key.name, project=key.project, scopes=key.scopes)


async def principal(request: Request, ctx: Context) -> Principal:
    """A key that is presented is always checked, even where none is required."""
    key = presented_key(request)
    if key is not None:
        return await run_in_threadpool(_key_principal, ctx, key)
    if not ctx.settings.login_required:
        return Principal(kind="local", name="local", project=None, scopes=_ALL)
    return await run_in_threadpool(_person_principal, ctx, request.cookies.get(COOKIE))


def _person_principal(ctx: RestContext, token: str | None) -> Principal:
    session = ctx.metadata.session(secret_hash(token)) if token else None
    if session is None or session.expires_ns < time.time_ns():
        raise _unauthorized("Log in at /login, or send Authorization: Bearer rw_... with a key.")
    return Principal(kind="person", name=session.person, project=None, scopes=_ALL)


Asker = Annotated[Principal, Depends(principal)]


def require_project(ctx: RestContext, asker: Principal, project: str) -> None:
    """404 for a project that is not there and for one that may not be seen: names cannot be probed."""
    exists = project == DEFAULT_PROJECT or ctx.metadata.project(project) is not None
    if not (exists and asker.may_see(project)):
        raise not_found("project", name=project)


_ProjectParameter = Annotated[
    str | None,
    Query(description=f"Project; left out: the key's, else {DEFAULT_PROJECT!r}", max_length=40),
]


async def _read_project(ctx: Context, asker: Asker, project: _ProjectParameter = None) -> str:
    asker.need(KeyScope.READ)
    return await _chosen_project(ctx, asker, project)


async def _writable_project(ctx: Context, asker: Asker, project: _ProjectParameter = None) -> str:
    asker.need(KeyScope.INGEST)
    return await _chosen_project(ctx, asker, project)


async def _admin_project(ctx: Context, asker: Asker, project: _ProjectParameter = None) -> str:
    asker.need(KeyScope.ADMIN)
    return await _chosen_project(ctx, asker, project)


async def _chosen_project(ctx: RestContext, asker: Principal, project: str | None) -> str:
    chosen = project or asker.project or DEFAULT_PROJECT
    if chosen == DEFAULT_PROJECT:
        require_project(ctx, asker, chosen)  # asks nothing of the metadata store
    else:
        await run_in_threadpool(require_project, ctx, asker, chosen)
    return chosen


ReadProject = Annotated[str, Depends(_read_project)]
WritableProject = Annotated[str, Depends(_writable_project)]
"""For what adds to runs: keys that send runs may also say how they went."""
AdminProject = Annotated[str, Depends(_admin_project)]


async def _whole_installation(asker: Asker) -> Principal:
    asker.need(KeyScope.ADMIN)
    if asker.project is not None:
        raise Problem(
            403,
            code="project_key",
            title="Not allowed",
            detail=f"A key of project {asker.project!r} cannot change the whole installation.",
        )
    return asker


InstallationAdmin = Annotated[Principal, Depends(_whole_installation)]
