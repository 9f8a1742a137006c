"""Feedback without a log-in: signed links, and the page they open."""

from __future__ import annotations

import html
import threading
import time
from collections import OrderedDict
from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from roadworthy.domain.run import Outcome
from roadworthy.doors.rest.access import WritableProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.words import Feedback, FeedbackLinkView, FeedbackTaken, NewFeedbackLink
from roadworthy.doors.rest.problems import Problem, bad_field
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.feedback import BadLink, ExpiredLink, FeedbackTarget
from roadworthy.features.judge.outcome_events import OutcomeEvent, TooManyEvents

router = Endpoints(tags=["judging"])
page = APIRouter(include_in_schema=False)

_WINDOW_S = 60.0
_PER_LINK = 10
_PER_ADDRESS = 120
_NAMES_KEPT = 10_000
_MOST_BYTES = 20_000
_GONE = "This link is not valid, or no longer."


class FeedbackRate:
    """How often a link may be used, and how often one address may try any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects the table: requests come on several threads
        self._tries: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, name: str, *, most: int) -> None:
        """Raises a 429 that says how long to wait."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._tries.get(name, ()) if at > now - _WINDOW_S]
            if len(recent) < most:
                self._tries[name] = [*recent, now]
                self._tries.move_to_end(name)
                while len(self._tries) > _NAMES_KEPT:
                    self._tries.popitem(last=False)
                return
        wait = max(1, int(recent[0] + _WINDOW_S - now) + 1)
        raise Problem(
            429,
            code="too_many_tries",
            title="Too many tries",
            detail=f"Try again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )


@router.post("/feedback-links", operation_id="createFeedbackLink", status_code=201)
def create_feedback_link(ctx: Context, project: WritableProject, body: NewFeedbackLink) -> FeedbackLinkView:
    """A link for the person an agent worked for: a thumb and a few words on one run, or on the last run of a
    session. Nothing of the run can be read with it."""
    kind: Literal["run", "session"] = "run" if body.run_id else "session"
    if bool(body.run_id) == bool(body.session_id):
        raise bad_field("body", "give exactly one of run_id and session_id")
    expires_s = int(time.time()) + body.expires_in_s
    token = ctx.judge.links.token(
        FeedbackTarget(project=project, kind=kind, id=body.run_id or body.session_id, expires_s=expires_s)
    )
    return FeedbackLinkView(
        url=f"{ctx.settings.url}/feedback/{token}",
        token=token,
        expires_at=rfc3339(expires_s * 1_000_000_000),
    )


@router.post("/feedback/{token}", operation_id="giveFeedback", status_code=201)
def give_feedback(ctx: Context, request: Request, token: str, body: Feedback) -> FeedbackTaken:
    """Says whether the run did its job. The token is the permission; the last word counts."""
    _speak(ctx, _target(ctx, request, token), body, token=token, request=request)
    return FeedbackTaken(thumb=body.thumb)


def _target(ctx: RestContext, request: Request, token: str) -> FeedbackTarget:
    rate: FeedbackRate = request.app.state.feedback_rate
    rate.take(f"address:{request.client.host if request.client else ''}", most=_PER_ADDRESS)
    try:
        return ctx.judge.links.read(token)
    except ExpiredLink:
        raise Problem(410, code="link_expired", title="This link is no longer valid") from None
    except BadLink:
        raise Problem(404, code="not_found", title="No such link") from None


def _speak(ctx: RestContext, target: FeedbackTarget, said: Feedback, *, token: str, request: Request) -> None:
    rate: FeedbackRate = request.app.state.feedback_rate
    rate.take(f"link:{token}", most=_PER_LINK)
    now = time.time_ns()
    event = OutcomeEvent(
        project=target.project,
        id="",
        outcome=Outcome.SUCCESS if said.thumb == "up" else Outcome.FAILURE,
        reason=said.text.strip(),
        run_id=target.id if target.kind == "run" else "",
        session_id=target.id if target.kind == "session" else "",
        source="user",
        author="feedback link",
        at_ns=now,
        received_ns=now,
    )
    try:
        ctx.judge.events.take(event)
    except TooManyEvents:
        raise Problem(
            429,
            code="too_many_events",
            title="Too much waits to be matched",
            headers={"Retry-After": "3600"},
        ) from None


@page.get("/feedback/{token}")
def feedback_page(ctx: Context, request: Request, token: str) -> Response:
    """No scripts: two thumbs, a field, a button."""
    try:
        _target(ctx, request, token)
    except Problem as problem:
        return _gone(problem)
    return _html(_FORM, title="How did it go?")


@page.post("/feedback/{token}")
async def feedback_form(ctx: Context, request: Request, token: str) -> Response:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > _MOST_BYTES:
            return _html("<p>That is too long.</p>", title="Not sent", status=413)
    fields = parse_qs(raw.decode("utf-8", "replace"), max_num_fields=10)
    thumb = fields.get("thumb", [""])[0]
    if thumb not in ("up", "down"):
        return _html("<p>Choose one of the two thumbs.</p>" + _FORM, title="How did it go?", status=400)
    said = Feedback(thumb="up" if thumb == "up" else "down", text=fields.get("text", [""])[0][:2000])
    try:
        target = await run_in_threadpool(_target, ctx, request, token)
        await run_in_threadpool(_speak, ctx, target, said, token=token, request=request)
    except Problem as problem:
        return _gone(problem)
    return _html("<p>Your answer was recorded. You may close this page.</p>", title="Thank you")


def _gone(problem: Problem) -> Response:
    if problem.status == 429:
        text = html.escape(problem.body.detail or "Try again later.")
        return _html(f"<p>{text}</p>", title="Too many tries", status=429, headers=problem.headers)
    return _html(f"<p>{_GONE}</p>", title="Nothing here", status=problem.status)


def _html(body: str, *, title: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = _PAGE.format(title=html.escape(title), body=body)
    # The token stands in the address: no cache and no index may keep it. (No referrer leaves this origin, as
    # everywhere here; "no-referrer" would take the form's Origin, which the guard looks at.)
    private = {"cache-control": "no-store", "x-robots-tag": "noindex"}
    return HTMLResponse(content, status_code=status, headers=private | (headers or {}))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 32rem; margin: 12vh auto 0; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }}
fieldset {{ border: 0; padding: 0; margin: 0 0 1rem; display: flex; gap: 1.5rem; }}
legend {{ padding: 0; margin-bottom: .5rem; }}
label {{ display: inline-flex; gap: .5rem; align-items: center; }}
label.words {{ display: block; }}
textarea {{ display: block; width: 100%; box-sizing: border-box; font: inherit; margin: .25rem 0 1rem; }}
button {{ font: inherit; padding: .5rem 1.25rem; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
_FORM = """<form method="post">
<fieldset>
<legend>Did the assistant do what you wanted?</legend>
<label><input type="radio" name="thumb" value="up" required> 👍 Yes</label>
<label><input type="radio" name="thumb" value="down" required> 👎 No</label>
</fieldset>
<label class="words">Anything to add? (optional)
<textarea name="text" rows="4" maxlength="2000"></textarea></label>
<button type="submit">Send</button>
</form>
"""
