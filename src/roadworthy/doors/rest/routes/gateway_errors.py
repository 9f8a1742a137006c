"""What the gateway's books refuse, as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from roadworthy.contracts.spend_store import SpendStoreUnavailable
from roadworthy.doors.rest.problems import Problem, bad_field
from roadworthy.features.gateway.routes.book import StillUsed
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid


@contextmanager
def told(prefix: str = "body.") -> Iterator[None]:
    try:
        yield
    except FieldInvalid as invalid:
        raise bad_field(f"{prefix}{invalid.field}", f"expected {invalid.expected}") from None
    except StillUsed as used:
        raise Problem(409, code="still_used", title="Still used", detail=str(used)) from None
    except SpendStoreUnavailable as fault:
        raise Problem(
            503,
            code="ledger_unavailable",
            title="The budgets' ledger cannot be read",
            detail=str(fault),
            headers={"Retry-After": "2"},
        ) from None
