"""Profiles of databases whose truth is known: what is found, what is kept, what people correct."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.legacy_database import make
from roadworthy.app.connecting import Connecting
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import Job
from roadworthy.domain.connector import ConnectorKind
from roadworthy.domain.data_dictionary import Correction, DataDictionary, FieldEntry
from roadworthy.features.gateway.connectors.book import ConnectorDraft
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid
from roadworthy.features.gateway.profile.dictionary_book import UnknownField
from roadworthy.features.gateway.profile.meaning import meaning_of
from roadworthy.features.gateway.profile.observing import observe
from roadworthy.features.gateway.profile.table import wilson
from roadworthy.flows.profile_connector import KIND, profile_arguments


@pytest.fixture
def connecting(tmp_path: Path) -> Connecting:
    metadata = SqliteMetadataStore(tmp_path / "data.db")
    return Connecting(metadata, secrets=tmp_path / "key", folder=tmp_path / "data" / "connectors")


def profiled(connecting: Connecting, file: Path, **draft: Any) -> DataDictionary:
    settings = {"url": f"sqlite:///{file}"}
    made = ConnectorDraft(kind=ConnectorKind.SQL, settings=settings, allow_private=True, **draft)
    connecting.service.book.save("default", "crm", made)
    arguments = profile_arguments("crm", rows=500, seconds=60, tables=[])
    before = connecting.dictionaries.found("default", "crm")
    number = before.version + 1 if before else 1
    job = Job(id=f"j{number}", project="default", kind=KIND, arguments=arguments, created_ns=1, updated_ns=1)
    steps = 0
    while True:
        # Each step as after a restart, and done twice: the process may have ended before it was noted.
        connecting.profiles(job)
        step = connecting.profiles(job)
        steps += 1
        assert steps < 200
        if step.position is None:
            break
        job = Job(**{**{f: getattr(job, f) for f in job.__slots__}, "position": step.position})
    found = connecting.dictionaries.dictionary("default", "crm")
    assert found is not None
    return found


def test_a_legacy_database_is_understood(connecting: Connecting, tmp_path: Path) -> None:
    legacy = make(tmp_path / "legacy.db", seed=11, rows=300, columns=120)

    found = profiled(connecting, tmp_path / "legacy.db")

    fields = {(table.name, one.name): one for table in found.tables for one in table.fields}
    right = sum(fields[key].type == truth.type for key, truth in legacy.fields.items())
    assert right >= 0.95 * len(legacy.fields)
    assert {key for key, truth in legacy.fields.items() if truth.pii} <= {
        key for key, one in fields.items() if one.pii
    }
    joins = {(one.table, one.field, one.to_table, one.to_field) for one in found.joins}
    assert len(joins & legacy.joins) >= 0.9 * len(legacy.joins)


def test_no_value_of_a_person_is_kept(connecting: Connecting, tmp_path: Path) -> None:
    make(tmp_path / "legacy.db", seed=12, rows=200, columns=150)

    found = profiled(connecting, tmp_path / "legacy.db")

    kept = str(found)
    connection = sqlite3.connect(tmp_path / "legacy.db")
    for table in found.tables:
        for one in table.fields:
            if one.pii in ("email", "iban", "secret", "phone", "ip_address"):
                assert (one.values, one.examples, one.minimum, one.maximum) == ((), (), "", "")
                rows = connection.execute(f'select "{one.name}" from "{table.name}" limit 50').fetchall()
                assert not [row[0] for row in rows if row[0] and str(row[0]) in kept]
    connection.close()


def test_corrections_outlive_the_next_profile(connecting: Connecting, tmp_path: Path) -> None:
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table c(id integer primary key, nte_eur integer, colour text)")
        connection.executemany("insert into c values (?, ?, ?)", [(n, n, "red") for n in range(100)])
    book = connecting.dictionaries
    assert profiled(connecting, file).version == 1
    said = [
        Correction(table="c", field="nte_eur", meaning="not to exceed"),
        Correction(table="c", field="colour", pii="x"),
    ]
    book.correct("default", "crm", said=said, joins=[], by="ada")
    with pytest.raises(UnknownField):
        book.correct("default", "crm", said=[Correction(table="c", field="gone")], joins=[], by="ada")
    with sqlite3.connect(file) as connection:
        connection.execute("alter table c add column more text")
        connection.execute("update c set nte_eur = null where id % 2 = 0")

    found = profiled(connecting, file)

    (table,) = found.tables
    fields = {one.name: one for one in table.fields}
    assert (fields["nte_eur"].meaning, fields["nte_eur"].meaning_from) == ("not to exceed", "person")
    assert (fields["nte_eur"].unit, fields["nte_eur"].key) == ("EUR", "")
    assert (fields["colour"].pii, fields["colour"].values) == ("x", ())
    drift = {(one.field, one.what) for one in found.drift}
    assert ("more", "a new field") in drift
    assert ("nte_eur", "empty in 50.0%, before in 0.0%") in drift
    assert book.withdraw("default", "crm", table="c", field="colour")
    assert not book.withdraw("default", "crm", table="c", field="colour")


def test_agents_read_the_dictionary_in_their_tools(connecting: Connecting, tmp_path: Path) -> None:
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table KNA1(KUNNR text, NETWR_EUR real)")
        connection.executemany("insert into KNA1 values (?, ?)", [(f"{n:010d}", n / 7) for n in range(100)])
    profiled(connecting, file, timeout_s=10)
    connector = connecting.service.book.connector("default", "crm")
    assert connector is not None

    told = asyncio.run(connecting.service.call(connector, "describe", {"table": "KNA1"})).structured

    described = {one["name"]: one["description"] for one in told["tables"][0]["columns"]}
    assert described["KUNNR"].startswith("customer number")
    assert described["NETWR_EUR"] == "net amount EUR; in EUR" or "in EUR" in described["NETWR_EUR"]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("KUNNR", "customer number"),
        ("cust_no", "customer number"),
        ("dt_geb", "birth date"),
        ("date_of_birth", "birth date"),
        ("kundennr", "customer number"),
        ("tbl_customerEmail", "customer email"),
        ("plz", "postal code"),
        ("first_name", "first name"),
        ("xq7", ""),
    ],
)
def test_meanings_of_legacy_names(name: str, meaning: str) -> None:
    assert meaning_of(name).text == meaning


@pytest.mark.parametrize(
    ("values", "name", "kind", "stored"),
    [
        (["0012", "0456", "0789"], "code", "text", ""),
        (["20261122", "20250101"], "erdat", "date", "yyyymmdd"),
        ([1_700_000_000, 1_710_000_000], "ts", "datetime", "epoch_s"),
        (["1.234,50", "7,00"], "betrag", "number", "text with decimal commas"),
        (["X", "", "X", None], "loekz", "boolean", "X"),
        ([None, ""], "x", "empty", ""),
        (["2026-11-22T10:00:00Z"] * 60 + ["junk"], "at", "datetime", "iso"),
    ],
)
def test_types_as_values_show_them(values: list[Any], name: str, kind: str, stored: str) -> None:
    seen = observe(values, name=name)

    assert (seen.type, seen.stored_as) == (kind, stored)


@given(st.lists(st.none() | st.text(max_size=20) | st.integers() | st.floats() | st.booleans(), max_size=30))
def test_any_values_can_be_looked_at(values: list[Any]) -> None:
    seen = observe(values, name="x")

    assert seen.nulls + len(seen.texts) == len(values)


def test_intervals_of_shares_hold_what_they_promise() -> None:
    draw = random.Random(5)
    for true in (0.01, 0.2, 0.6):
        held = 0
        for _ in range(1_000):
            share = wilson(sum(draw.random() < true for _ in range(200)), 200)
            held += share.low <= true <= share.high
        assert held >= 920


def test_a_connector_says_which_field_is_wrong(connecting: Connecting) -> None:
    draft = ConnectorDraft(
        kind=ConnectorKind.HTTP,
        settings={
            "url": "https://u:p@crm.example",
            "auth": {"type": "bearer", "token": "the secret itself"},
            "operations": {"x": {"path": "/../a"}},
        },
    )

    with pytest.raises(ConnectorInvalid) as caught:
        connecting.service.book.save("default", "crm", draft)

    faults = dict(caught.value.faults)
    assert "user or password" in faults["settings.url"]
    assert "never the secret itself" in faults["settings.auth.bearer.token"]
    assert any(field.startswith("settings.operations.x") for field in faults)


def test_a_secret_goes_to_no_address_it_was_not_given_for(connecting: Connecting) -> None:
    book = connecting.service.book

    def draft(url: str) -> ConnectorDraft:
        auth = {"type": "bearer", "token": {"secret": "t"}}
        settings = {"url": url, "auth": auth, "operations": {"x": {"path": "/a"}}}
        return ConnectorDraft(kind=ConnectorKind.HTTP, settings=settings)

    book.save("default", "crm", draft("https://crm.example"))
    made = book.set_secret("default", "crm", secret="t", value="s3cret")
    assert made is not None and "s3cret" not in str(made)

    saved = book.save("default", "crm", draft("https://evil.example"))

    assert (saved.dropped, saved.connector.sealed) == (("t",), {})
    assert time.time_ns() >= saved.connector.updated_ns
    assert FieldEntry(name="x").pii == ""
