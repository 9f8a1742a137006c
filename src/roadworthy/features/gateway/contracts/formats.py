"""Formats of texts, as the validator that will hold exchanges against them sees them."""

from __future__ import annotations

import re

import jsonschema_rs

_LIKELY = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]"),
    "date": re.compile(r"\d{4}-\d\d-\d\d\Z"),
    "time": re.compile(r"\d\d:\d\d:\d\d"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\Z"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+\Z"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"),
    "ipv4": re.compile(r"\d{1,3}(\.\d{1,3}){3}\Z"),
    "ipv6": re.compile(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\Z"),
}
"""What is worth asking the validator about; it decides."""
ALL_FORMATS = frozenset(_LIKELY)
_CHECKS = {
    name: jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True) for name in _LIKELY
}
_LONGEST = 2000


def formats_of(text: str, *, among: frozenset[str]) -> frozenset[str]:
    """Those of `among` that this text has."""
    if not text or len(text) > _LONGEST:
        return frozenset()
    return frozenset(name for name in among if _LIKELY[name].match(text) and _CHECKS[name].is_valid(text))
