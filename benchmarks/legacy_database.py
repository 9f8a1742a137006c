"""A database of a firm that has had three systems in twenty years: 400 columns, undeclared, truth known."""

from __future__ import annotations

import random
import sqlite3
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_FIRST = "Ada Ben Clara David Elif Franz Greta Hana Ivan Jana Kurt Lea Mira Noah Olga Paul".split()  # noqa: SIM905
_LAST = "Maier Schmidt Kowalski Novak Rossi Garcia Dubois Jansen Smith Yilmaz Fischer Weber".split()  # noqa: SIM905
_STREETS = "Hauptstr Lindenweg Rue Verte High Street Calle Mayor Bahnhofplatz".split()  # noqa: SIM905
_CITIES = "Berlin Wien Lyon Madrid Leeds Gent Graz Bremen Turin Porto".split()  # noqa: SIM905
_NOISE = "zz_flag1 attr udf_text cf_value x_reserve opt misc ext".split()  # noqa: SIM905


@dataclass(frozen=True)
class Truth:
    type: str
    pii: str = ""
    unit: str = ""


@dataclass
class Legacy:
    path: Path
    numbered: float = 0.0
    fields: dict[tuple[str, str], Truth] = field(default_factory=dict)
    keys: set[tuple[str, str]] = field(default_factory=set)
    joins: set[tuple[str, str, str, str]] = field(default_factory=set)


Make = Callable[[random.Random], Any]


def _iban(draw: random.Random) -> str:
    digits = "".join(draw.choice(string.digits) for _ in range(18))
    check = 98 - int(digits + "131400") % 97
    return f"DE{check:02d}{digits}"


def _email(draw: random.Random) -> str:
    return f"{draw.choice(_FIRST)}.{draw.choice(_LAST)}{draw.randint(1, 999)}@example.com".lower()


def _day(draw: random.Random, low: int = 2005, high: int = 2026) -> datetime:
    return datetime(low, 1, 1, tzinfo=UTC) + timedelta(days=draw.randint(0, (high - low) * 365))


def _choice(*values: Any) -> Make:
    return lambda draw: draw.choice(values)


def _date(form: str, low: int = 2005, high: int = 2026) -> Make:
    return lambda draw: _day(draw, low, high).strftime(form)


# Spellings of the same field in three systems: (names, declared, values, truth)
_KINDS: tuple[tuple[tuple[str, ...], str, Make, Truth], ...] = (
    (("EMAIL", "e_mail_adr", "SMTP_ADDR", "mailKontakt"), "TEXT", _email, Truth("text", "email")),
    (
        ("VORNAME", "first_name", "fname", "VORNA"),
        "TEXT",
        _choice(*_FIRST),
        Truth("text", "person_name"),
    ),
    (("NACHNAME", "last_name", "lname", "NACHN"), "TEXT", _choice(*_LAST), Truth("text", "person_name")),
    (
        ("TELF1", "phone_no", "tel_privat", "MobilNr"),
        "TEXT",
        lambda d: f"+49 {d.randint(30, 999)} {d.randint(100000, 9999999)}",
        Truth("text", "phone"),
    ),
    (
        ("GBDAT", "dt_geb", "date_of_birth", "dob"),
        "TEXT",
        _date("%Y%m%d", 1940, 2004),
        Truth("date", "birth_date"),
    ),
    (("IBAN", "bank_iban", "KontoIban"), "TEXT", _iban, Truth("text", "iban")),
    (
        ("STRAS", "strasse", "street_addr"),
        "TEXT",
        lambda d: f"{d.choice(_STREETS)} {d.randint(1, 200)}",
        Truth("text", "street"),
    ),
    (
        ("PSTLZ", "plz", "zip_code"),
        "TEXT",
        lambda d: f"{d.randint(1000, 99999):05d}",
        Truth("text", "postal_code"),
    ),
    (("ORT01", "city", "stadt"), "TEXT", _choice(*_CITIES), Truth("text")),
    (
        ("passwd_hash", "KENNWORT", "pwd"),
        "TEXT",
        lambda d: "$2b$12$" + "".join(d.choice(string.ascii_letters) for _ in range(53)),
        Truth("text", "secret"),
    ),
    (
        ("last_ip", "ip_addr", "client_ip"),
        "TEXT",
        lambda d: f"{d.randint(1, 223)}.{d.randint(0, 255)}.{d.randint(0, 255)}.{d.randint(1, 254)}",
        Truth("text", "ip_address"),
    ),
    (
        ("betrag_eur", "total_eur", "NETWR_EUR"),
        "REAL",
        lambda d: round(d.lognormvariate(5, 1), 2),
        Truth("number", unit="EUR"),
    ),
    (
        ("preis_cents", "amount_cents", "fee_ct"),
        "INTEGER",
        lambda d: d.randint(100, 99999),
        Truth("integer", unit="cents"),
    ),
    (
        ("WRBTR", "btr_netto", "amt_gross"),
        "TEXT",
        lambda d: f"{d.randint(0, 9999)},{d.randint(0, 99):02d}",
        Truth("number"),
    ),
    (("MENGE", "qty", "anz_stk"), "INTEGER", lambda d: d.randint(1, 500), Truth("integer")),
    (
        ("gew_kg", "weight_kg", "BRGEW_KG"),
        "REAL",
        lambda d: round(d.uniform(0.1, 90), 3),
        Truth("number", unit="kg"),
    ),
    (
        ("dauer_ms", "latency_ms", "elapsed_ms"),
        "INTEGER",
        lambda d: d.randint(1, 90000),
        Truth("integer", unit="ms"),
    ),
    (
        ("rabatt_pct", "tax_percent", "mwst_proz"),
        "REAL",
        lambda d: round(d.uniform(0, 30), 1),
        Truth("number", unit="percent"),
    ),
    (("ERDAT", "created_on", "anl_dat"), "TEXT", _date("%Y%m%d"), Truth("date")),
    (("AEDAT", "changed_at", "upd_ts"), "TEXT", _date("%Y-%m-%dT%H:%M:%S"), Truth("datetime")),
    (("liefer_dat", "delivery_date"), "TEXT", _date("%d.%m.%Y"), Truth("date")),
    (
        ("event_ts", "ts_created", "login_time"),
        "INTEGER",
        lambda d: d.randint(1_400_000_000, 1_760_000_000),
        Truth("datetime", unit="s since 1970"),
    ),
    (
        ("updated_ms", "ts_ms"),
        "INTEGER",
        lambda d: d.randint(1_400_000_000_000, 1_760_000_000_000),
        Truth("datetime", unit="ms since 1970"),
    ),
    (("LOEKZ", "is_active", "kz_aktiv"), "TEXT", _choice("X", "", "X"), Truth("boolean")),
    (("flag_mail", "newsletter_yn", "mail_ok"), "TEXT", _choice("Y", "N"), Truth("boolean")),
    (("STATUS", "stat_cd", "auftr_status"), "TEXT", _choice("NEW", "OPEN", "DONE", "CANC"), Truth("text")),
    (("WAERS", "currency", "waehrung"), "TEXT", _choice("EUR", "USD", "CHF"), Truth("text")),
    (
        ("BEMERKUNG", "remark", "notiz_txt"),
        "TEXT",
        lambda d: " ".join(d.choice(_CITIES + _STREETS) for _ in range(d.randint(4, 12))),
        Truth("text"),
    ),
    (("extern_uuid", "ref_guid"), "TEXT", lambda d: _uuid(d), Truth("text")),
    (("payload", "raw_json"), "TEXT", lambda d: f'{{"v": {d.randint(1, 9)}}}', Truth("json")),
)


def _uuid(draw: random.Random) -> str:
    text = "".join(draw.choice("0123456789abcdef") for _ in range(32))
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


# (spellings of table, spellings of its key, form of the key)
_MASTERS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("KNA1", "customers", "tbl_kunden"), ("KUNNR", "cust_no", "kunden_nr"), "{:010d}"),
    (("LFA1", "suppliers", "lieferanten"), ("LIFNR", "supplier_id", "lief_nr"), "int"),
    (("MARA", "products", "artikel_stamm"), ("MATNR", "product_code", "art_nr"), "M-{:06d}"),
    (("PA0002", "employees", "tbl_mitarbeiter"), ("PERNR", "emp_id", "ma_nr"), "int"),
    (("VBAK", "orders", "auftraege"), ("VBELN", "order_no", "auftrag_nr"), "int"),
    (("invoices", "rechnungen", "bill_hdr"), ("invoice_id", "rech_nr", "inv_no"), "R{:07d}"),
)
_DETAILS = ("positions", "history_log", "zz_ext_data", "shipments", "tickets", "payments")


def make(path: Path, *, seed: int, rows: int = 1_500, columns: int = 400, numbered: float = 0.0) -> Legacy:
    """`numbered`: share of columns whose names say nothing (FELD_017)."""
    draw = random.Random(seed)
    legacy = Legacy(path=path, numbered=numbered)
    connection = sqlite3.connect(path)
    keys: list[tuple[str, str, list[Any]]] = []
    each = columns // (len(_MASTERS) + len(_DETAILS))
    for tables, names, form in _MASTERS:
        style = draw.randrange(3)
        table, key = tables[style], names[style]
        start = draw.randint(1, 90_000)
        ids = [start + place * draw.choice((1, 1, 3)) for place in range(rows)]
        ids = sorted(dict.fromkeys(ids))
        values = [one if form == "int" else form.format(one) for one in ids]
        _table(
            connection, legacy, draw, table, key=(key, values), lead=keys[-2:], rows=len(values), width=each
        )
        legacy.keys.add((table, key))
        keys.append((table, key, values))
    for table in _DETAILS:
        leads = draw.sample(keys, 2)
        ids = list(range(1, rows * 2 + 1))
        key = draw.choice(("id", "lfd_nr", "row_id"))
        _table(connection, legacy, draw, table, key=(key, ids), lead=leads, rows=len(ids), width=each)
        legacy.keys.add((table, key))
    connection.commit()
    connection.close()
    return legacy


def _table(
    connection: sqlite3.Connection,
    legacy: Legacy,
    draw: random.Random,
    table: str,
    *,
    key: tuple[str, list[Any]],
    lead: list[tuple[str, str, list[Any]]],
    rows: int,
    width: int,
) -> None:
    columns: dict[str, tuple[str, list[Any]]] = {key[0]: ("", key[1])}
    integer = isinstance(key[1][0], int)
    legacy.fields[(table, key[0])] = Truth("integer" if integer else "text")
    for other, name, values in lead:
        called = draw.choice((name, name, f"{name}_ref", f"fk_{name}"))
        if called in columns:
            continue
        columns[called] = ("", [draw.choice(values) if draw.random() > 0.03 else None for _ in range(rows)])
        legacy.joins.add((table, called, other, name))
        legacy.fields[(table, called)] = Truth("integer" if isinstance(values[0], int) else "text")
    while len(columns) < width:
        names, declared, make_one, truth = draw.choice(_KINDS)
        name = draw.choice(names)
        if legacy.numbered and draw.random() < legacy.numbered:
            name = f"FELD_{len(columns):03d}"
        if name in columns:
            name = f"{draw.choice(_NOISE)}_{len(columns)}"
            truth = Truth("text")
            made: list[Any] = [draw.choice(("", "A", "B1", "k. A.")) for _ in range(rows)]
            declared = "TEXT"
        else:
            empty = draw.choice((0.0, 0.02, 0.4))
            dirt = 0.005 if declared == "TEXT" and truth.type in ("date", "datetime") else 0.0
            made = [
                None if draw.random() < empty else "00000000" if draw.random() < dirt else make_one(draw)
                for _ in range(rows)
            ]
        columns[name] = (declared, made)
        legacy.fields[(table, name)] = truth
    listed = ", ".join(f'"{name}" {declared}' for name, (declared, _) in columns.items())
    connection.execute(f'create table "{table}"({listed})')
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f'insert into "{table}" values({marks})',
        list(zip(*(made for _, made in columns.values()), strict=True)),
    )
