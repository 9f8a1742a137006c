"""Endpoints that cost nothing before somebody asks for them.

FastAPI works out what an endpoint takes and answers when it is written down, and once more when its router is
included: for three hundred of them that was a third of the time in which the core started.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from roadworthy.doors.rest.problems import PROBLEM_RESPONSES

PREFIX = "/api/v1"

_finishing = threading.RLock()  # protects a route that several threads ask for at first


class LateRoute(APIRoute):
    """Knows its path and its methods. The rest is worked out when it is first asked for: by a request, or by
    whoever describes the API. Apps of one process share it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self._finish: Callable[[], None] | None = partial(super().__init__, path, endpoint, **given)
        self.path = path
        self.endpoint = endpoint
        self.methods = set(given["methods"])
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        with _finishing:
            finish = self.__dict__.get("_finish")
            if finish is not None:
                self._finish = None
                finish()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no {name!r}") from None


class Endpoints(APIRouter):
    """A part of the API: it lies under /api/v1, and what it refuses is a problem document."""

    def __init__(self, *, prefix: str = "", tags: list[str | Enum]) -> None:
        super().__init__(
            prefix=PREFIX + prefix,
            tags=tags,
            responses=PROBLEM_RESPONSES,
            generate_unique_id_function=_operation_id,
            route_class=LateRoute,
        )


def _operation_id(route: APIRoute) -> str:
    return route.operation_id or route.name
