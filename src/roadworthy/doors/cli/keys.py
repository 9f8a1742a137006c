"""keys: API keys of a project, through the running server, or in a data folder without one."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.project import DEFAULT_PROJECT, ApiKey, KeyScope, Project
from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.folder import metadata_of
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Server

app = typer.Typer(no_args_is_help=True, help="API keys of a project.", rich_markup_mode=None)

Data = Annotated[
    Path | None,
    typer.Option(help="Work on this data folder, not through the server: before the first start."),
]
ProjectId = Annotated[str, typer.Option("--project", envvar="ROADWORTHY_PROJECT", help="Project of the key.")]
Name = Annotated[str, typer.Option(help="What the key is for.")]
Scopes = Annotated[
    list[KeyScope] | None, typer.Option("--scope", help="ingest (default), read or admin; repeatable.")
]


@app.command()
def create(
    context: typer.Context,
    name: Name,
    project: ProjectId = DEFAULT_PROJECT,
    scopes: Scopes = None,
    as_json: Json = False,
    data: Data = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
) -> None:
    """Make a key. It is shown once, on standard output; only a hash of it is kept."""
    chosen = scopes or [KeyScope.INGEST]
    if data is not None:
        with metadata_of(context, data) as metadata:
            made = _create(metadata, project=project, name=name, scopes=frozenset(chosen))
    else:
        body = {"name": name, "scopes": [scope.value for scope in chosen]}
        made = _ask(Client(server=server, key=key), "POST", f"/projects/{project}/keys", body)
    if as_json:
        typer.echo(json.dumps(made))
        return
    typer.echo(made["secret"])
    typer.echo(
        f"Key {made['id']} of project {project}. Agents send it with\n"
        '  export OTEL_EXPORTER_OTLP_HEADERS="x-api-key=<the key>"',
        err=True,
    )


@app.command("list")
def list_keys(
    context: typer.Context,
    project: ProjectId = DEFAULT_PROJECT,
    as_json: Json = False,
    data: Data = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
) -> None:
    """Keys of a project, revoked ones too. Never their secrets."""
    if data is not None:
        with metadata_of(context, data) as metadata:
            items = [_view(found) for found in metadata.keys(project)]
    else:
        items = _ask(Client(server=server, key=key), "GET", f"/projects/{project}/keys", None)["items"]
    for item in items:
        state = f"revoked {item['revoked_at']}" if item["revoked_at"] else "live"
        typer.echo(
            json.dumps(item)
            if as_json
            else f"{item['id']}  {state}  {','.join(item['scopes'])}  {item['name']}"
        )


@app.command()
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from keys list.")],
    project: ProjectId = DEFAULT_PROJECT,
    data: Data = None,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
) -> None:
    """Refuse a key from now on."""
    if data is not None:
        with metadata_of(context, data) as metadata:
            known = any(found.id == key_id for found in metadata.keys(project))
            if not known or not metadata.revoke_key(key_id, at_ns=time.time_ns()):
                raise fail(f"project {project} has no live key {key_id}")
    else:
        _ask(Client(server=server, key=key), "DELETE", f"/projects/{project}/keys/{key_id}", None)
    typer.echo(f"{key_id} is revoked")


def _ask(client: Client, method: str, path: str, body: object) -> Any:
    try:
        return client.send(method, path, body=body)
    except Failed as error:
        raise fail(f"{error}\n  Without a running server: add --data and the data folder.") from None


def _create(
    metadata: MetadataStore, *, project: str, name: str, scopes: frozenset[KeyScope]
) -> dict[str, Any]:
    from roadworthy.kit.secrets import new_api_key

    if metadata.project(project) is None:
        if project != DEFAULT_PROJECT:
            raise fail(f"there is no project {project!r}")
        metadata.save_project(Project(id=DEFAULT_PROJECT, name="Default", created_ns=time.time_ns()))
    secret = new_api_key()
    made = ApiKey(id=secret.id, project=project, name=name, scopes=scopes, created_ns=time.time_ns())
    metadata.add_key(made, secret_hash=secret.hash)
    return _view(made) | {"secret": secret.text}


def _view(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "project": key.project,
        "name": key.name,
        "scopes": sorted(scope.value for scope in key.scopes),
        "created_at": _moment(key.created_ns),
        "last_used_at": _moment(key.last_used_ns),
        "revoked_at": _moment(key.revoked_ns),
    }


def _moment(ns: int | None) -> str | None:
    return (
        None
        if ns is None
        else datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
