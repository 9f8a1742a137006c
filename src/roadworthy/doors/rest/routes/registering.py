"""How routes of the registry take versions and say what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Header, Path

from roadworthy.doors.rest.problems import FieldError, Problem, ProblemBody, bad_field
from roadworthy.features.registry.faults import RegistryChanged, RegistryInUse, RegistryInvalid

CHANGED_RESPONSE: dict[int | str, dict[str, Any]] = {
    412: {"model": ProblemBody, "description": "It was changed since; read it again"}
}
Name = Annotated[str, Path(min_length=1, max_length=100)]
AgentName = Annotated[str, Path(min_length=1, max_length=200)]


async def _expected(
    if_match: Annotated[
        str | None,
        Header(max_length=100, description="The `version` that was read, in quotes; left out, the last wins"),
    ] = None,
    if_none_match: Annotated[
        str | None, Header(max_length=10, description="* refuses to replace one that is there")
    ] = None,
) -> int | None:
    """`expected_ns` of RegistryBook.save."""
    if if_match is not None:
        text = if_match.strip().strip('"')
        if not text.isascii() or not text.isdigit() or len(text) > 19:
            raise bad_field(
                "header.if-match", 'expected the version as it was given, like "1795341600000000000"'
            )
        return int(text)
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise bad_field("header.if-none-match", "expected *")
        return 0
    return None


Expected = Annotated[int | None, Depends(_expected)]


@contextmanager
def told(lead: str = "body.") -> Iterator[None]:
    """The registry's refusals as problems; `lead` comes before the names of fields."""
    try:
        yield
    except RegistryInvalid as invalid:
        errors = [FieldError(field=lead + one.field, message=one.expected) for one in invalid.faults]
        detail = "; ".join(f"{one.field}: expected {one.message}" for one in errors[:5])
        raise Problem(400, code="bad_request", title="Bad request", detail=detail, errors=errors) from None
    except RegistryInUse as used:
        more = f" and {len(used.references) - 20} more" if len(used.references) > 20 else ""
        raise Problem(
            409,
            code="in_use",
            title="In use",
            detail=f"Change first: {', '.join(used.references[:20])}{more}.",
        ) from None
    except RegistryChanged:
        raise Problem(
            412,
            code="changed",
            title="It was changed since",
            detail="Somebody else changed it since you read it: read it again.",
        ) from None
