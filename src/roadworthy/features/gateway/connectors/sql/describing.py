"""Tables and columns as the database describes them, with what the data dictionary knows."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SQLAlchemyError

from roadworthy.domain.data_dictionary import DataDictionary, FieldEntry, TableEntry
from roadworthy.features.gateway.connectors.described import words_for

TABLES_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSeen:
    name: str
    type: str
    nullable: bool
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSeen:
    name: str
    """With its schema where that is not the default one."""
    schema: str | None
    table: str
    columns: tuple[ColumnSeen, ...]
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[tuple[str, str, str], ...] = ()
    """(column, table, column); of one column alone."""
    comment: str = ""


def see_tables(
    connection: Connection, *, schemas: Sequence[str], wanted: Sequence[str], only: str = ""
) -> list[TableSeen]:
    """By name. `only`: that one."""
    inspector = inspect(connection)
    found = []
    for schema in _schemas(schemas):
        names = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
        for table in sorted(set(names)):
            name = f"{schema}.{table}" if schema else table
            if (only and name != only) or not _chosen(name, table, wanted):
                continue
            see = _seen_in_duckdb if connection.dialect.name == "duckdb" else _seen
            found.append(see(inspector, name, schema, table))
            if len(found) >= TABLES_MOST:
                return found
    return found


def table_names(connection: Connection, *, schemas: Sequence[str], wanted: Sequence[str]) -> list[str]:
    inspector = inspect(connection)
    found = []
    for schema in _schemas(schemas):
        for table in sorted(
            {*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)}
        ):
            name = f"{schema}.{table}" if schema else table
            if _chosen(name, table, wanted):
                found.append(name)
    return found


def _schemas(wanted: Sequence[str]) -> list[str | None]:
    return list(wanted) or [None]


def _chosen(name: str, table: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(fnmatch.fnmatchcase(one, each) for each in wanted for one in (name, table))


def _seen(inspector: Inspector, name: str, schema: str | None, table: str) -> TableSeen:
    columns = tuple(
        ColumnSeen(
            name=str(one["name"]),
            type=str(one["type"]),
            nullable=bool(one.get("nullable", True)),
            comment=str(one.get("comment") or ""),
        )
        for one in inspector.get_columns(table, schema=schema)
    )
    primary = _asked(lambda: inspector.get_pk_constraint(table, schema=schema), {})
    unique = _asked(lambda: inspector.get_unique_constraints(table, schema=schema), [])
    foreign = _asked(lambda: inspector.get_foreign_keys(table, schema=schema), [])
    comment = _asked(lambda: inspector.get_table_comment(table, schema=schema), {})
    return TableSeen(
        name=name,
        schema=schema,
        table=table,
        columns=columns,
        primary=tuple(primary.get("constrained_columns") or ()),
        unique=tuple(tuple(str(c) for c in one["column_names"]) for one in unique),
        foreign=tuple(
            (one["constrained_columns"][0], _named(one), one["referred_columns"][0])
            for one in foreign
            if len(one["constrained_columns"]) == 1 and one["referred_columns"]
        ),
        comment=str(comment.get("text") or ""),
    )


def _seen_in_duckdb(inspector: Inspector, name: str, schema: str | None, table: str) -> TableSeen:
    """By its own tables: the driver's description asks for some of PostgreSQL that it does not have."""
    connection: Any = inspector.bind
    where = "where schema_name = coalesce(:schema, current_schema()) and table_name = :table"
    given = {"schema": schema, "table": table}
    columns = connection.execute(
        text(
            f"select column_name, data_type, is_nullable, comment from duckdb_columns() {where}"  # noqa: S608
            " order by column_index"
        ),
        given,
    )
    seen = tuple(
        ColumnSeen(name=one[0], type=one[1], nullable=bool(one[2]), comment=one[3] or "") for one in columns
    )
    kinds = "constraint_type, constraint_column_names, referenced_table, referenced_column_names"
    asked = text(f"select {kinds} from duckdb_constraints() {where}")  # noqa: S608 (all of it stands here)
    held = [(kind, tuple(own), to, theirs) for kind, own, to, theirs in connection.execute(asked, given)]
    return TableSeen(
        name=name,
        schema=schema,
        table=table,
        columns=seen,
        primary=next((own for kind, own, _, _ in held if kind == "PRIMARY KEY"), ()),
        unique=tuple(own for kind, own, _, _ in held if kind == "UNIQUE"),
        foreign=tuple(
            (own[0], to, theirs[0])
            for kind, own, to, theirs in held
            if kind == "FOREIGN KEY" and len(own) == 1
        ),
    )


def _named(foreign: Any) -> str:
    schema = foreign.get("referred_schema")
    return f"{schema}.{foreign['referred_table']}" if schema else str(foreign["referred_table"])


def _asked(ask: Any, otherwise: Any) -> Any:
    """Not every database describes everything."""
    try:
        return ask() or otherwise
    except (SQLAlchemyError, NotImplementedError):
        return otherwise


def described_tables(
    seen: Sequence[TableSeen], *, dictionary: DataDictionary | None, table: str | None
) -> dict[str, Any]:
    """Without `table` the names alone, where there are many."""
    known = {one.name: one for one in dictionary.tables} if dictionary else {}
    if table:
        chosen = [one for one in seen if table in (one.name, one.table)]
        joins = dictionary.joins if dictionary else ()
        leads = [
            {"column": one.field, "to": f"{one.to_table}.{one.to_field}"}
            for one in joins
            if chosen and one.table == chosen[0].name
        ]
        value: dict[str, Any] = {"tables": [_whole(one, known.get(one.name)) for one in chosen]}
        return value | ({"joins": leads} if leads else {})
    return {
        "tables": [
            {
                "name": one.name,
                "columns": len(one.columns),
                "description": (known[one.name].description if one.name in known else "") or one.comment,
            }
            for one in seen
        ]
    }


def _whole(seen: TableSeen, entry: TableEntry | None) -> dict[str, Any]:
    fields = {one.name: one for one in entry.fields} if entry else {}
    value: dict[str, Any] = {"name": seen.name}
    if (entry and entry.description) or seen.comment:
        value["description"] = (entry.description if entry else "") or seen.comment
    if seen.primary:
        value["primary_key"] = list(seen.primary)
    value["columns"] = [_column(one, fields.get(one.name)) for one in seen.columns]
    return value


def _column(seen: ColumnSeen, field: FieldEntry | None) -> dict[str, Any]:
    value: dict[str, Any] = {"name": seen.name, "type": seen.type}
    words = words_for(field) if field else ""
    if words or seen.comment:
        value["description"] = words or seen.comment
    return value
