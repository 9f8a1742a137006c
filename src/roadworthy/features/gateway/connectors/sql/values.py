"""Values of a database as JSON has them."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import math
import uuid
from typing import Any

_SAFE_WHOLE = 1 << 53
_BYTES_SHOWN = 4_096


def plain(value: Any) -> Any:
    """Decimals that JSON's numbers cannot hold, and whole numbers beyond 2^53, become texts; bytes become
    base64 of their beginning; what has no JSON (NaN) becomes null."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if -_SAFE_WHOLE <= value <= _SAFE_WHOLE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)[:_BYTES_SHOWN]).decode()
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return str(value)


def _decimal(value: decimal.Decimal) -> Any:
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) <= _SAFE_WHOLE:
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    number = float(value)
    return number if decimal.Decimal(repr(number)) == value else str(value)
