"""Logging in and out, and who one is."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from fastapi import Request, Response

from roadworthy.contracts.metadata import LoginSession
from roadworthy.domain.project import KeyScope
from roadworthy.doors.rest.access import COOKIE, Asker
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.settings import Credentials, MeView
from roadworthy.doors.rest.problems import Problem
from roadworthy.kit.passwords import verify_password
from roadworthy.kit.secrets import new_token, secret_hash

router = Endpoints(tags=["login"])

_TRIES = 10
_WINDOW_S = 60.0
_NAMES_KEPT = 10_000


class FailedLogins:
    """Slows guessing down: after ten failures for one name within a minute that name has to wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects the table: requests come on several threads
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, name: str) -> None:
        with self._lock:
            recent = self._recent(name)
            if len(recent) < _TRIES:
                return
            wait = max(1, int(recent[0] + _WINDOW_S - time.monotonic()) + 1)
        raise Problem(
            429,
            code="too_many_tries",
            title="Too many failed log-ins",
            detail=f"Try again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )

    def note(self, name: str) -> None:
        with self._lock:
            self._failures[name] = [*self._recent(name), time.monotonic()]
            self._failures.move_to_end(name)
            while len(self._failures) > _NAMES_KEPT:
                self._failures.popitem(last=False)

    def _recent(self, name: str) -> list[float]:
        since = time.monotonic() - _WINDOW_S
        return [at for at in self._failures.get(name, ()) if at > since]


@router.post("/login", operation_id="login")
def login(ctx: Context, request: Request, response: Response, body: Credentials) -> MeView:
    """Sets the session cookie."""
    failed: FailedLogins = request.app.state.failed_logins
    failed.check(body.name)
    person = next((p for p in ctx.metadata.people() if p.name == body.name), None)
    if not verify_password(body.password, password_hash=person.password_hash if person else None):
        failed.note(body.name)
        raise Problem(401, code="wrong_password", title="Wrong name or password")
    token, now = new_token(), time.time_ns()
    ctx.metadata.delete_sessions(expired_before_ns=now)
    ctx.metadata.add_session(
        LoginSession(
            token_hash=secret_hash(token),
            person=body.name,
            created_ns=now,
            expires_ns=now + ctx.settings.session_seconds * 1_000_000_000,
        )
    )
    response.set_cookie(
        COOKIE,
        token,
        max_age=ctx.settings.session_seconds,
        httponly=True,
        samesite="lax",
        secure=ctx.settings.secure_cookies,
        path="/",
    )
    return MeView(
        kind="person",
        name=body.name,
        project=None,
        scopes=sorted(KeyScope),
        login_required=ctx.settings.login_required,
    )


@router.post("/logout", operation_id="logout", status_code=204)
def logout(ctx: Context, request: Request, response: Response) -> None:
    """Ends the session, here and on the server; without one it does nothing."""
    token = request.cookies.get(COOKIE)
    if token:
        ctx.metadata.delete_session(secret_hash(token))
    response.delete_cookie(COOKIE, path="/")


@router.get("/me", operation_id="getMe")
def me(ctx: Context, asker: Asker) -> MeView:
    return MeView(
        kind=asker.kind,
        name=asker.name,
        project=asker.project,
        scopes=sorted(asker.scopes),
        login_required=ctx.settings.login_required,
    )
