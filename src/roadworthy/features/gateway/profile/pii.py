"""What of a person, or which credential, a field holds: from what its values are, and from its name.

Values decide where they can be checked (check digits, patterns): a share of them suffices. Names decide for
what has no pattern (names, streets). Check digits come from python-stdnum.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stdnum import iban, luhn
from stdnum.de import idnr, stnr
from stdnum.es import dni, nie
from stdnum.eu import vat
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.us import ssn

from roadworthy.kit.masking import mask_text

_EMAIL = re.compile(r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}$")
_PHONE = re.compile(r"^(?:\+|00)[1-9][\d ()./-]{6,20}$|^0\d{1,4}[ /-][\d ()./-]{4,16}$")
_CARD = re.compile(r"^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12})$")
_NINO = re.compile(r"^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]$")
_MAC = re.compile(r"^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")
_HASHED = re.compile(r"^\$(?:2[aby]|argon2\w*|5|6|scrypt)\$|^\{(?:SSHA|SHA|MD5)\}|^pbkdf2_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    kind: str
    by: str
    """values or name."""


def _card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    return bool(_CARD.match(digits)) and bool(luhn.is_valid(digits))


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "." in text or text.count(":") > 1


def _secret(text: str) -> bool:
    return bool(_HASHED.match(text)) or mask_text(text).count > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    kind: str
    fits: Callable[[str], bool]
    share: float
    """Of its values that must fit. Numbers with one check digit fit by chance in a tenth of all cases."""
    named: re.Pattern[str] | None = None
    """Where it fits by chance too often, the name must agree."""


def _valid(module: object) -> Callable[[str], bool]:
    check: Callable[[str], bool] = module.is_valid  # type: ignore[attr-defined]
    return check


_CHECKS: tuple[_Check, ...] = (
    _Check(kind="secret", fits=_secret, share=0.5),
    _Check(kind="email", fits=lambda text: bool(_EMAIL.match(text)), share=0.3),
    _Check(
        kind="iban",
        fits=lambda text: len(text) >= 15 and text[:2].isalpha() and iban.is_valid(text),
        share=0.3,
    ),
    _Check(kind="card_number", fits=_card, share=0.6),
    _Check(kind="tax_id", fits=_valid(codicefiscale), share=0.6),
    _Check(kind="tax_id", fits=_valid(dni), share=0.7, named=re.compile("dni|nif|tax|steuer|ident|pers")),
    _Check(kind="tax_id", fits=_valid(nie), share=0.7),
    _Check(kind="social_security", fits=_valid(nir), share=0.7),
    _Check(kind="social_security", fits=lambda text: bool(_NINO.match(text)), share=0.7),
    _Check(
        kind="social_security",
        fits=lambda text: "-" in text and bool(ssn.is_valid(text)),
        share=0.7,
    ),
    _Check(kind="tax_id", fits=_valid(idnr), share=0.8, named=re.compile("tax|steuer|idnr|tin|stcd|ident")),
    _Check(kind="tax_id", fits=_valid(stnr), share=0.8, named=re.compile("tax|steuer|stnr|stcd")),
    _Check(kind="national_id", fits=_valid(bsn), share=0.8, named=re.compile("bsn|sofi|burger|pers|ident")),
    _Check(kind="health_number", fits=_valid(nhs), share=0.8, named=re.compile("nhs|patient|health")),
    _Check(kind="vat_id", fits=lambda text: text[:2].isalpha() and bool(vat.is_valid(text)), share=0.5),
    _Check(kind="phone", fits=lambda text: bool(_PHONE.match(text)), share=0.6),
    _Check(kind="ip_address", fits=_address, share=0.8),
    _Check(kind="mac_address", fits=lambda text: bool(_MAC.match(text)), share=0.8),
)

_NAMES: tuple[tuple[str, frozenset[str]], ...] = (
    ("secret", frozenset({"password", "secret", "token", "api key", "pin", "private key", "credential"})),
    ("email", frozenset({"email"})),
    ("phone", frozenset({"phone", "mobile", "fax"})),
    (
        "person_name",
        frozenset({"first name", "last name", "person name", "full name", "contact name", "maiden name"}),
    ),
    ("birth_date", frozenset({"birth date", "birth year"})),
    ("street", frozenset({"street", "house number", "address", "address line"})),
    ("postal_code", frozenset({"postal code"})),
    ("iban", frozenset({"iban", "bank account"})),
    ("card_number", frozenset({"card number"})),
    ("tax_id", frozenset({"tax number"})),
    ("social_security", frozenset({"social security number"})),
    ("national_id", frozenset({"national id", "passport number", "identity card number"})),
    ("gender", frozenset({"gender", "salutation"})),
    ("religion", frozenset({"religion"})),
    ("health", frozenset({"diagnosis", "disability", "blood type"})),
    ("ip_address", frozenset({"ip address"})),
    ("salary", frozenset({"salary"})),
    ("nationality", frozenset({"nationality"})),
    ("marital_status", frozenset({"marital status"})),
    ("signature", frozenset({"signature"})),
)
_NEEDS_TEXT = frozenset({"person_name", "street", "email"})
_SAMPLE = 300


def mark_of(values: Sequence[str], *, concept: str, name: str, kind: str) -> Mark | None:
    """`values` that are not empty; `concept` is what the name means (`profile.meaning`), `kind` the type
    that was observed."""
    sample = values[:_SAMPLE]
    lowered = name.lower()
    if sample and kind not in ("boolean", "date", "datetime", "time"):
        for check in _CHECKS:
            if check.named is not None and not check.named.search(lowered):
                continue
            if sum(_fits(check, text) for text in sample) >= check.share * len(sample):
                return Mark(kind=check.kind, by="values")
    for found, concepts in _NAMES:
        if concept in concepts and not _contradicted(found, kind=kind, sample=sample):
            return Mark(kind=found, by="name")
    return None


def _fits(check: _Check, text: str) -> bool:
    try:
        return check.fits(text.strip())
    except Exception:  # noqa: BLE001 (the library's modules raise their own kinds for odd texts)
        return False


def _contradicted(found: str, *, kind: str, sample: Sequence[str]) -> bool:
    """A flag called phone_ok is no phone number."""
    if kind == "boolean":
        return found not in ("gender",)
    if found in _NEEDS_TEXT and kind in ("integer", "number", "date", "datetime"):
        return True
    if found == "secret" and sample and all(len(text) < 4 for text in sample):
        return True
    return found == "birth_date" and kind not in ("date", "datetime", "integer", "text", "")
