"""export, import: runs, spans and scores as files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.options import (
    DEFAULT_SERVER,
    Filters,
    From,
    Json,
    Key,
    Project,
    Server,
    Text,
    To,
)

_HOUR = 3600.0
_LONGEST_LINE = 64 * 2**20
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_KINDS = {"jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
Noun = Literal["runs", "spans", "scores"]
What = Annotated[Noun, typer.Option(help="What the file holds.")]
Held = Annotated[
    Noun | None, typer.Option("--what", help="What the file holds. Default: what its fields say.")
]
Form = Annotated[
    Literal["jsonl", "parquet"] | None, typer.Option("--format", help="Default: by the file's ending.")
]


def export(
    file: Annotated[str, typer.Argument(help="Where to; - is standard output.")],
    what: What = "runs",
    form: Form = None,
    filters: Filters = None,
    text: Text = "",
    from_: From = None,
    to: To = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Write runs, spans or scores to a file (JSONL or Parquet)."""
    client = Client(server=server, key=key, project=project)
    chosen = form or _by_suffix(file)
    params = {
        "what": what,
        "format": chosen,
        "filter": filters or [],
        "text": text or None,
        "from": from_,
        "to": to,
    }
    try:
        with client.open("GET", "/export", params=params, timeout=_HOUR) as answer:
            if file == "-":
                shutil.copyfileobj(answer, sys.stdout.buffer)
                return
            # Renamed once whole: a file that is there under its name is complete.
            partial = Path(f"{file}.partial")
            with partial.open("wb") as out:
                shutil.copyfileobj(answer, out)
                out.flush()
                os.fsync(out.fileno())
            partial.replace(file)
    except Failed as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"cannot write {file}: {error.strerror or error}") from None


def import_(
    file: Annotated[Path, typer.Argument(help="A file that roadworthy export wrote.")],
    what: Held = None,
    form: Form = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Read a file of export back in; the same file twice changes nothing."""
    client = Client(server=server, key=key, project=project)
    if not file.is_file():
        raise fail(f"cannot read {file}: {'it is no file' if file.exists() else 'there is no such file'}")
    chosen = form or _by_suffix(str(file))
    try:
        size = file.stat().st_size
        with (
            file.open("rb") as body,
            client.open(
                "POST",
                "/import",
                params={"what": what or _told_by_fields(file, form=chosen), "format": chosen},
                data=body,
                kind=_KINDS[chosen],
                headers={"Content-Length": str(size)},
                timeout=_HOUR,
            ) as answer,
        ):
            import json

            result = json.load(answer)
    except Failed as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"cannot read {file}: {error.strerror or error}") from None
    if as_json:
        typer.echo(json.dumps(result))
        return
    read = ", ".join(f"{result[one]:,} {one}" for one in ("runs", "spans", "scores"))
    typer.echo(f"{read} read in")
    if result["skipped"]:
        typer.echo(f"{result['skipped']:,} left out: " + "; ".join(result["errors"]), err=True)
        raise typer.Exit(1)


def _told_by_fields(file: Path, *, form: str) -> Noun:
    """What the first record is. Raises OSError; a file that cannot be read as what it says it is, the server
    refuses in its own words."""
    import json

    names: Collection[str] = ()
    try:
        if form == "parquet":
            from pyarrow import parquet

            names = parquet.read_schema(file).names
        else:
            with file.open("rb") as lines:
                record = json.loads(lines.readline(_LONGEST_LINE))
                names = record if isinstance(record, dict) else ()
    except ValueError:
        return "runs"
    if not names or "sort_ns" in names:
        return "runs"
    return "spans" if "parent_id" in names else "scores"


def _by_suffix(file: str) -> str:
    if file == "-":
        return "jsonl"
    found = _SUFFIXES.get(Path(file).suffix)
    if found is None:
        raise fail(f"{file}: cannot tell the format from its name; say --format jsonl or parquet", code=2)
    return found
