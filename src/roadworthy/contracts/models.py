"""What a model endpoint promises to those that ask it: judges, clusters, similarity.

Somebody else's server: it may hang, lie, answer in prose, cost too much. An endpoint bounds all of it (time,
bytes, tries) and says what went wrong in one error with a kind. It never follows a redirect, and never
connects to an address that the operator did not allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Shape(StrEnum):
    """How the endpoint is spoken to."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a model is. `base_url` as providers give it: `https://api.openai.com/v1`,
    `https://api.anthropic.com`, `http://127.0.0.1:8080/v1`."""

    base_url: str
    model: str
    shape: Shape = Shape.OPENAI
    api_key: str = field(default="", repr=False)
    """Secret: in no log, no error, no repr."""
    timeout_s: float = 60.0
    """Of one try, from the name look-up to the last byte."""
    patience_s: float = 150.0
    """Of all tries with the pauses between them."""
    tries: int = 3
    max_bytes: int = 2_000_000
    """Of an answer; a longer one is refused."""
    allow_private: bool = False
    """Whether loopback and private addresses may be connected to (a model server of one's own). Link-local
    addresses and those where clouds tell secrets never may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    system: str
    user: str
    max_tokens: int = 1_000
    temperature: float | None = 0.0
    """None leaves it to the model."""
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the answer. Asked for in the endpoint's own way; whether the model kept to it is for the
    reader to check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """`text` is the answer, or the JSON of it where a schema was asked for and the endpoint has a way for it.
    Tokens are counts, None where the endpoint does not say; input tokens include cached ones."""

    text: str
    model: str
    finish_reason: str = ""
    """stop, length, refusal, or what the endpoint says."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    tries: int = 1
    duration_ns: int = 0


class Trouble(StrEnum):
    """What went wrong with an endpoint."""

    ADDRESS = "address"
    """The address is none, or one that may not be connected to."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DENIED = "denied"
    """401 or 403: the key."""
    LIMITED = "limited"
    """429 after all tries, or a pause asked for that is longer than the patience."""
    REFUSED = "refused"
    """Another 4xx: the request."""
    BROKEN = "broken"
    """5xx, a redirect, an error that came as success, or a connection that ended midway."""
    NONSENSE = "nonsense"
    """Not the JSON of this shape."""
    TOO_LARGE = "too_large"


class ModelFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """`may_cost` where the endpoint may have done the work before it failed."""

    def __init__(self, trouble: Trouble, message: str, *, tries: int = 1, may_cost: bool = False) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.tries = tries
        self.may_cost = may_cost


class Model(Protocol):
    """Safe to share between tasks of one event loop."""

    @property
    def endpoint(self) -> Endpoint: ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Raises `ModelFailed`, and nothing else."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in their order. Raises `ModelFailed`; endpoints of the Anthropic shape have no
        embeddings and say so."""
        ...
