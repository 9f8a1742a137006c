"""Whether a statement only reads, by parsing it: the first of two guards (the session is read-only, too)."""

from __future__ import annotations

import logging
import re
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# It warns of each statement it does not know; the answer says so already, and the statement is not for the
# log.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

MOST_CHARACTERS = 50_000
_DIALECTS = {
    "postgresql": "postgres",
    "cockroachdb": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mssql": "tsql",
    "oracle": "oracle",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "redshift": "redshift",
    "duckdb": "duckdb",
    "clickhouse": "clickhouse",
    "clickhousedb": "clickhouse",
    "trino": "trino",
    "presto": "presto",
    "databricks": "databricks",
    "hive": "hive",
    "teradata": "teradata",
}
_READS = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
_WRITES = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.Into,
    exp.Command,
    exp.Set,
    exp.Use,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Lock,
    exp.Copy,
    exp.TruncateTable,
    exp.Grant,
    exp.Attach,
    exp.Detach,
    exp.Pragma,
    exp.Kill,
    exp.LoadData,
)
_ACTS = re.compile(
    r"""^(?:
    pg_(?:sleep\w*|read_\w+|ls_\w+|stat_file|terminate_backend|cancel_backend|reload_conf|rotate_logfile|switch_wal
        |create_restore_point|promote|notify|advisory_\w+|try_advisory_\w+|logical_\w+|replication_\w+|file_\w+
        |export_snapshot|current_logfile|log_backend_memory_contexts|backup_\w+|wal_replay_\w+|drop_\w+|create_\w+)
    |lo_\w+|dblink\w*|set_config|setval|nextval|query_to_xml\w*|table_to_xml\w*|cursor_to_xml\w*|database_to_xml\w*
    |schema_to_xml\w*|postgres_fdw_\w+|ts_stat|
    load_file|sleep|benchmark|sys_exec|sys_eval|get_lock|release_\w*lock\w*|master_pos_wait|source_pos_wait
    |load_extension|readfile|writefile|edit|fts3_tokenizer|zipfile
    |xp_\w+|sp_\w+|openrowset|openquery|opendatasource
    |utl_\w+|dbms_\w+|httpuritype|
    url|file|s3|remote\w*|mysql|postgresql|jdbc|odbc|executable|input|hdfs|mongodb|cluster\w*|azureblobstorage
    |read_csv\w*|read_parquet|read_json\w*|read_text|read_blob|parquet_scan|csv_scan|sniff_csv|glob|http_get|http_post
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
"""Functions that do something or reach further than the database, by name, of PostgreSQL, MySQL, SQLite,
SQL Server, Oracle, ClickHouse and DuckDB. No whole list can be made of them: the session's own guard stands
behind."""


class NotReading(ValueError):  # noqa: N818 (what the caller is told, not a bug)
    """Says what of the statement is no read."""


def dialect_of(backend: str) -> str:
    """sqlglot's name for SQLAlchemy's; "" for one it does not know."""
    return _DIALECTS.get(backend, "")


def check_reads(sql: str, *, backend: str) -> None:
    """Exactly one statement, a SELECT through and through. Raises NotReading."""
    if len(sql) > MOST_CHARACTERS:
        raise NotReading(f"expected at most {MOST_CHARACTERS} characters")
    if "\x00" in sql:
        raise NotReading("expected no NUL characters")
    if "/*!" in sql or "/*M!" in sql:
        # MySQL and MariaDB carry out what stands in such a comment; a parser sees a comment.
        raise NotReading("expected no comments that begin with /*!")
    try:
        parsed = [one for one in sqlglot.parse(sql, read=dialect_of(backend) or None) if one is not None]
    except (SqlglotError, RecursionError, ValueError):
        raise NotReading(f"it cannot be read as one SELECT of {backend}") from None
    if len(parsed) != 1:
        raise NotReading("expected exactly one statement")
    root = parsed[0]
    if not isinstance(root, _READS):
        raise NotReading(f"expected a SELECT, not {root.key.upper()}")
    for node in root.walk():
        _check(node)


def _check(node: Any) -> None:
    if isinstance(node, _WRITES):
        raise NotReading(f"it only may read, and has {node.key.upper()}")
    if isinstance(node, exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if _ACTS.match(name) and not (isinstance(node, exp.Anonymous) and not name):
            raise NotReading(f"the function {name.lower()} may not be called")
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Literal):
        raise NotReading("a file is no table")
