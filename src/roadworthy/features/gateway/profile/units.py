"""What a number is counted in, from its name and its values."""

from __future__ import annotations

import re

_NAMED: tuple[tuple[str, str], ...] = (
    (r"(?:_|^)(?:eur|euro)s?(?:_|$)|[a-z](?:EUR|Eur)$", "EUR"),
    (r"(?:_|^)usd(?:_|$)|[a-z](?:USD|Usd)$", "USD"),
    (r"(?:_|^)gbp(?:_|$)", "GBP"),
    (r"(?:_|^)chf(?:_|$)", "CHF"),
    (r"(?:_|^)(?:cents?|ct|pence|minor)(?:_|$)|[a-z]Cents$", "cents"),
    (r"(?:_|^)(?:pct|percent|perc|proz|prozent)(?:_|$)|[a-z](?:Pct|Percent)$", "percent"),
    (r"(?:_|^)(?:ms|msec|millis|milliseconds)(?:_|$)|[a-z](?:Ms|Millis)$", "ms"),
    (r"(?:_|^)(?:us|micros|usec)(?:_|$)", "µs"),
    (r"(?:_|^)(?:ns|nanos)(?:_|$)", "ns"),
    (r"(?:_|^)(?:s|sec|secs|seconds|sek)(?:_|$)|[a-z](?:Sec|Seconds)$", "s"),
    (r"(?:_|^)(?:min|mins|minutes|minuten)$|[a-z](?:Minutes)$", "min"),
    (r"(?:_|^)(?:h|hrs|hours|std|stunden)$|[a-z](?:Hours)$", "h"),
    (r"(?:_|^)(?:days|tage)$|[a-z]Days$", "days"),
    (r"(?:_|^)kg(?:_|$)|[a-z]Kg$", "kg"),
    (r"(?:_|^)(?:g|gr|gram|grams|gramm)$", "g"),
    (r"(?:_|^)(?:lb|lbs)$", "lb"),
    (r"(?:_|^)km(?:_|$)|[a-z]Km$", "km"),
    (r"(?:_|^)cm(?:_|$)|[a-z]Cm$", "cm"),
    (r"(?:_|^)mm(?:_|$)|[a-z]Mm$", "mm"),
    (r"(?:_|^)(?:m|meter|metres|meters)$", "m"),
    (r"(?:_|^)kwh$", "kWh"),
    (r"(?:_|^)(?:bytes)$|[a-z]Bytes$", "bytes"),
    (r"(?:_|^)(?:kb|kib)$", "KB"),
    (r"(?:_|^)(?:mb|mib)$", "MB"),
    (r"(?:_|^)(?:celsius|degc)$", "°C"),
)
_PATTERNS = tuple((re.compile(pattern), unit) for pattern, unit in _NAMED)
_CURRENCY = re.compile(r"^-?(?:([€$£])\s?[\d.,]+|[\d.,]+\s?(€|EUR|USD|GBP|CHF|\$|£))$")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}


def unit_of(name: str, *, texts: list[str], kind: str, stored_as: str) -> tuple[str, str]:
    """(unit, name or values); both "" where nothing says it."""
    if stored_as in ("epoch_s", "epoch_ms"):
        return ("s since 1970" if stored_as == "epoch_s" else "ms since 1970"), "values"
    if kind in ("integer", "number"):
        for said in (name, name.lower()):
            for pattern, unit in _PATTERNS:
                if pattern.search(said):
                    return unit, "name"
    if kind in ("text", "number") and texts:
        found = [match for one in texts[:100] if (match := _CURRENCY.match(one.strip()))]
        if len(found) >= 0.9 * min(len(texts), 100):
            sign = found[0].group(1) or found[0].group(2) or ""
            return _SIGNS.get(sign, sign), "values"
        if sum(one.strip().endswith("%") for one in texts[:100]) >= 0.9 * min(len(texts), 100):
            return "percent", "values"
    return "", ""
