"""A decorated function: called as before, with a step recorded around it.

Plain functions, coroutines, generators and async generators each stay what they are, so that frameworks
which look at a function's kind or signature see no difference.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import CoroutineType
from typing import Any, cast

from roadworthy.sdk.capture import CONTENT_LIMIT
from roadworthy.sdk.recording import CLOSED_EARLY, Kind, Recording, fail, finish, resume, start, suspend

Bind = Callable[[tuple[Any, ...], dict[str, Any]], dict[str, object]]


def wrap(fn: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    bind = _binder(fn)
    if inspect.isasyncgenfunction(fn):
        return _async_generator(fn, kind, bind)
    if inspect.isgeneratorfunction(fn):
        return _generator(fn, kind, bind)
    if inspect.iscoroutinefunction(fn):
        return _coroutine(fn, kind, bind)
    return _function(fn, kind, bind)


def _binder(fn: Callable[..., Any]) -> Bind:
    """Names for positional arguments; `inspect.Signature.bind` would cost more than the span."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "args")
    skipped = 1 if positional and positional[0] in ("self", "cls") else 0
    names = tuple(positional)

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, object]:
        if not args:
            return kwargs
        bound: dict[str, object] = dict(zip(names[skipped:], args[skipped:], strict=False))
        if len(args) > len(names):
            bound[rest] = args[len(names) :]
        if kwargs:
            bound.update(kwargs)
        return bound

    return bind


def _function(fn: Callable[..., Any], kind: Kind, bind: Bind) -> Callable[..., Any]:
    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        recording = start(kind, bind(args, kwargs))
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            fail(recording, error)
            raise
        if type(result) is CoroutineType:  # a partial or a callable object around a coroutine function
            suspend(recording)
            return _awaited(result, recording)
        finish(recording, result)
        return result

    return call


async def _awaited(coroutine: Coroutine[Any, Any, Any], recording: Recording) -> Any:
    resume(recording)
    try:
        result = await coroutine
    except BaseException as error:
        fail(recording, error)
        raise
    finish(recording, result)
    return result


def _coroutine(fn: Callable[..., Any], kind: Kind, bind: Bind) -> Callable[..., Any]:
    @functools.wraps(fn)
    async def call(*args: Any, **kwargs: Any) -> Any:
        recording = start(kind, bind(args, kwargs))
        try:
            result = await fn(*args, **kwargs)
        except BaseException as error:
            fail(recording, error)
            raise
        finish(recording, result)
        return result

    return call


class _Yielded:
    """What a generator gave out, kept up to the limit of one captured attribute."""

    def __init__(self) -> None:
        self._items: list[object] = []
        self._room = CONTENT_LIMIT

    def add(self, item: object) -> None:
        if self._room > 0:
            self._items.append(item)
            self._room -= len(item) if isinstance(item, str) else 64

    def whole(self, returned: object) -> object:
        if not self._items:
            return returned
        if all(isinstance(item, str) for item in self._items):
            return "".join(cast("list[str]", self._items))
        return self._items if returned is None else [*self._items, returned]


def _stop_early(recording: Recording, yielded: _Yielded) -> None:
    recording.span.set_attribute(CLOSED_EARLY, True)  # noqa: FBT003
    finish(recording, yielded.whole(None))


def _generator(fn: Callable[..., Any], kind: Kind, bind: Bind) -> Callable[..., Any]:
    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = fn(*args, **kwargs)
        recording = start(kind, bind(args, kwargs))
        yielded = _Yielded()
        step, value = generator.send, None
        try:
            while True:
                # The step is current only while the generator's own code runs.
                item = step(value)
                suspend(recording)
                yielded.add(item)
                try:
                    value = yield item
                    step = generator.send
                except GeneratorExit:
                    resume(recording)
                    generator.close()
                    raise
                except BaseException as error:  # noqa: BLE001 (thrown in by the reader, handed on inside)
                    step, value = generator.throw, error
                resume(recording)
        except StopIteration as stop:
            finish(recording, yielded.whole(stop.value))
            return stop.value
        except GeneratorExit:
            _stop_early(recording, yielded)
            raise
        except BaseException as error:
            fail(recording, error)
            raise

    return call


def _async_generator(fn: Callable[..., Any], kind: Kind, bind: Bind) -> Callable[..., Any]:
    @functools.wraps(fn)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = fn(*args, **kwargs)
        recording = start(kind, bind(args, kwargs))
        yielded = _Yielded()
        step, value = generator.asend, None
        try:
            while True:
                item = await step(value)
                suspend(recording)
                yielded.add(item)
                try:
                    value = yield item
                    step = generator.asend
                except GeneratorExit:
                    resume(recording)
                    await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 (thrown in by the reader, handed on inside)
                    step, value = generator.athrow, error
                resume(recording)
        except StopAsyncIteration:
            finish(recording, yielded.whole(None))
        except GeneratorExit:
            _stop_early(recording, yielded)
            raise
        except BaseException as error:
            fail(recording, error)
            raise

    return call
