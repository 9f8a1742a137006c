"""Errors as RFC 9457 problem details: one family, one renderer."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from roadworthy.contracts.metadata import MetadataUnavailable
from roadworthy.contracts.telemetry import BadQuery, StoreFull, StoreUnavailable
from roadworthy.kit.holders import Held

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    field: str = Field(description="Where: `query.limit`, `body.name`, `header.idempotency-key`...")
    message: str


class ProblemBody(BaseModel):
    """RFC 9457 problem details, with a short stable `code` of ours."""

    type: str = Field(description="`urn:roadworthy:problem:<code>`")
    title: str
    status: int
    detail: str | None = None
    code: str
    errors: list[FieldError] | None = Field(default=None, description="One for each bad field")


class Problem(Exception):  # noqa: N818 (RFC 9457's word)
    """Raised anywhere below a route. `code` is short and stable; `detail` says what to do about it."""

    def __init__(
        self,
        status: int,
        *,
        code: str,
        title: str,
        detail: str | None = None,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.headers = headers
        self.body = ProblemBody(
            type=f"urn:roadworthy:problem:{code}",
            title=title,
            status=status,
            detail=detail,
            code=code,
            errors=errors,
        )

    def response(self) -> Response:
        return JSONResponse(
            self.body.model_dump(exclude_none=True),
            status_code=self.status,
            media_type=MEDIA_TYPE,
            headers=self.headers,
        )


def not_found(what: str, *, name: str) -> Problem:
    return Problem(404, code="not_found", title=f"No such {what}", detail=f"There is no {what} {name!r}.")


def held(by_others: Held) -> Problem:
    return Problem(409, code="held", title="Others make them", detail=str(by_others))


def bad_field(field: str, message: str) -> Problem:
    """400 for one field; `message` says what was expected."""
    return Problem(
        400,
        code="bad_request",
        title="Bad request",
        detail=f"{field}: {message}",
        errors=[FieldError(field=field, message=message)],
    )


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemBody, "description": text}
    for status, text in {
        400: "A field is wrong; `errors` names it",
        401: "Log in, or send a key",
        403: "The key or person may not do this",
        404: "No such thing",
        422: "The request does not fit its schema; `errors` names the fields",
        409: "Something is in the way; `detail` says what",
        429: "Too many tries; wait for `Retry-After` seconds",
        503: "The store is not there; try again after `Retry-After` seconds",
    }.items()
}

_TITLES = {404: ("not_found", "Not found"), 405: ("method_not_allowed", "Method not allowed")}


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(BadQuery, _bad_query)
    app.add_exception_handler(StoreFull, _store_full)
    app.add_exception_handler(StoreUnavailable, _store_unavailable)
    app.add_exception_handler(MetadataUnavailable, _metadata_unavailable)
    app.add_exception_handler(Exception, _unforeseen)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 (narrowing for the type checker)
    return error.response()


async def _validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [
        FieldError(field=".".join(str(part) for part in item["loc"]), message=str(item["msg"]))
        for item in error.errors()
    ]
    detail = "; ".join(f"{item.field}: {item.message}" for item in errors[:5])
    return Problem(
        422, code="invalid", title="The request does not fit its schema", detail=detail, errors=errors
    ).response()


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code, title = _TITLES.get(error.status_code, (f"http_{error.status_code}", str(error.detail)))
    headers = dict(error.headers) if error.headers else None
    detail = str(error.detail) if str(error.detail) != title else None
    return Problem(error.status_code, code=code, title=title, detail=detail, headers=headers).response()


async def _bad_query(_: Request, error: Exception) -> Response:
    return Problem(400, code="bad_query", title="The query cannot be answered", detail=str(error)).response()


async def _store_full(_: Request, error: Exception) -> Response:
    return Problem(
        507, code="store_full", title="The disk is full", detail=str(error), headers={"Retry-After": "10"}
    ).response()


async def _store_unavailable(_: Request, error: Exception) -> Response:
    return Problem(
        503,
        code="store_unavailable",
        title="The telemetry store is not there",
        detail=str(error),
        headers={"Retry-After": "2"},
    ).response()


async def _metadata_unavailable(_: Request, error: Exception) -> Response:
    return Problem(
        503,
        code="metadata_unavailable",
        title="The metadata database does not answer",
        detail=str(error),
        headers={"Retry-After": "2"},
    ).response()


async def _unforeseen(request: Request, error: Exception) -> Response:
    # The last resort: what went wrong goes to the log, never to the caller.
    _LOG.error("unforeseen error on %s %s", request.method, request.url.path, exc_info=error)
    return Problem(500, code="internal", title="Something broke here; the server's log says what").response()
