"""`roadworthy.agent` and `roadworthy.tool`: decorators, with or without arguments, and context managers."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast, overload

from roadworthy.sdk import faults
from roadworthy.sdk.capture import as_json
from roadworthy.sdk.messages import input_messages
from roadworthy.sdk.recording import (
    INPUT_MESSAGES,
    TOOL_ARGUMENTS,
    Kind,
    Recording,
    fail,
    finish,
    set_output,
    start,
)
from roadworthy.sdk.wrap import wrap

P = ParamSpec("P")
R = TypeVar("R")

_open: ContextVar[tuple[Recording, ...]] = ContextVar("roadworthy_open_steps", default=())


class OpenStep:
    """What `with roadworthy.agent("…") as step` gives: what went in, what came out."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def input(self, value: object) -> None:
        """What the agent was asked, or the arguments of the tool."""
        try:
            if not self._recording.capture:
                return
            if self._recording.is_agent:
                self._recording.span.set_attribute(INPUT_MESSAGES, input_messages({"input": value}))
            else:
                self._recording.span.set_attribute(TOOL_ARGUMENTS, as_json(value))
        except Exception as error:  # noqa: BLE001
            faults.absorb("recording an input", error)

    def output(self, value: object) -> None:
        """What the agent answered, or the result of the tool."""
        try:
            if self._recording.capture:
                set_output(self._recording, value)
        except Exception as error:  # noqa: BLE001
            faults.absorb("recording an output", error)

    def attribute(self, key: str, value: str | bool | int | float, /) -> None:  # noqa: FBT001
        """Anything else worth filtering runs by."""
        try:
            self._recording.span.set_attribute(key, value)
        except Exception as error:  # noqa: BLE001
            faults.absorb("recording an attribute", error)


class Step:
    """What `agent(…)` and `tool(…)` return: decorates functions, or surrounds a block with `with`."""

    def __init__(self, name: str, *, is_agent: bool, capture: bool) -> None:
        self._name = name
        self._is_agent = is_agent
        self._capture = capture

    def __call__(self, fn: Callable[P, R], /) -> Callable[P, R]:
        try:
            return cast("Callable[P, R]", self._decorate(fn))
        except Exception as error:  # noqa: BLE001
            faults.absorb("decorating", error)
            return fn

    def _decorate(self, fn: Any) -> Any:
        if isinstance(fn, staticmethod | classmethod):
            return type(fn)(self._decorate(fn.__func__))
        if isinstance(fn, type) or not callable(fn):
            raise TypeError(f"only functions can be decorated, not {fn!r}")
        name = self._name or getattr(fn, "__name__", "") or type(fn).__name__
        return wrap(fn, Kind(name, is_agent=self._is_agent, capture=self._capture))

    def __enter__(self) -> OpenStep:
        name = self._name or ("agent" if self._is_agent else "tool")
        recording = start(Kind(name, is_agent=self._is_agent, capture=self._capture), None)
        _open.set((*_open.get(), recording))
        return OpenStep(recording)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        *outer, recording = _open.get()
        _open.set(tuple(outer))
        if error is not None:
            fail(recording, error)
        else:
            recording.capture = False  # a block has no result but what it said itself
            finish(recording, None)
        return False

    async def __aenter__(self) -> OpenStep:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        return self.__exit__(kind, error, trace)


@overload
def agent(fn: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def agent(name: str = "", /, *, capture: bool = True) -> Step: ...
def agent(fn: Callable[..., Any] | str = "", /, *, capture: bool = True) -> Callable[..., Any] | Step:
    """Record each call as a run of an agent (or as a part of the run it is called in).

    `@roadworthy.agent`, `@roadworthy.agent("desk")` or `with roadworthy.agent("desk") as step:`. The name
    defaults to the function's. `capture=False` leaves out what went in and came out.
    """
    return _step(fn, is_agent=True, capture=capture)


@overload
def tool(fn: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(name: str = "", /, *, capture: bool = True) -> Step: ...
def tool(fn: Callable[..., Any] | str = "", /, *, capture: bool = True) -> Callable[..., Any] | Step:
    """Record each call as a tool execution, with its arguments and result. Used like `agent`."""
    return _step(fn, is_agent=False, capture=capture)


def _step(fn: Callable[..., Any] | str, *, is_agent: bool, capture: bool) -> Callable[..., Any] | Step:
    if isinstance(fn, str):
        return Step(fn, is_agent=is_agent, capture=capture)
    return Step("", is_agent=is_agent, capture=capture)(fn)
