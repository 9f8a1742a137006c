"""The OpenAPI document as it leaves the door."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from roadworthy.doors.rest.problems import MEDIA_TYPE


def describe(app: FastAPI) -> None:
    """FastAPI writes every body as application/json; errors here are problem documents."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    response["content"] = {MEDIA_TYPE: content["application/json"]}
    return document
