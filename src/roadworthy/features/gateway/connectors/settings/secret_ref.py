"""Where a secret belongs stands its name: of one that is sealed here, or of a variable of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ENV_PREFIXES = ("ROADWORTHY_SECRET_", "CONNECTOR_")
"""Only these variables may be named: who sets up connectors may not read the others by sending them away."""


class Settings(BaseModel):
    """A field nobody knows is refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretRef(Settings):
    secret: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_.-]*$")
    env: str = Field(default="", max_length=200, pattern=r"^[A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _one(self) -> SecretRef:
        if bool(self.secret) is bool(self.env):
            raise ValueError("expected either secret: NAME or env: NAME")
        if self.env and not self.env.startswith(ENV_PREFIXES):
            raise ValueError(f"env: expected a name that begins with {' or '.join(ENV_PREFIXES)}")
        return self


def _no_value(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("expected {secret: NAME} or {env: NAME}, never the secret itself")
    return value


Secret = Annotated[SecretRef, BeforeValidator(_no_value)]


def secrets_in(settings: Any) -> Iterator[SecretRef]:
    """All that checked settings name."""
    if isinstance(settings, SecretRef):
        yield settings
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from secrets_in(getattr(settings, name))
    elif isinstance(settings, dict):
        for one in settings.values():
            yield from secrets_in(one)
    elif isinstance(settings, (list, tuple)):
        for one in settings:
            yield from secrets_in(one)
