"""What doctor looks at around the server: ports, credentials, and how a running one feels."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.doors.cli.findings import Finding, bad, ok, warn
from roadworthy.doors.cli.wiring import ServerSettings

_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the server at the page's port says of itself; `said` None where it would not tell."""

    said: dict[str, Any] | None
    ready: bool


def running(settings: ServerSettings, *, key: str | None) -> Running | None:
    """None where no Roadworthy answers on the page's port."""
    base = f"http://{_reach(settings.host)}:{settings.port}"
    health = _get(f"{base}/healthz", key=None)
    if health is None or health.get("status") != "ok":
        return None
    said = _get(f"{base}/api/v1/server", key=key)
    ready = (_get(f"{base}/readyz", key=None) or {}).get("status") == "ready"
    return Running(said=said if said and "version" in said else None, ready=ready)


def _get(url: str, *, key: str | None) -> dict[str, Any] | None:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310 (http, made above)
            raw = answer.read(1_000_000)
    except urllib.error.HTTPError as error:
        with error:
            raw = error.read(1_000_000)
    except (OSError, ValueError):
        return None
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _reach(host: str) -> str:
    """An address to reach what listens on `host`."""
    plain = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 (compared, not bound)
    return f"[{plain}]" if ":" in plain and not plain.startswith("[") else plain


def ports(settings: ServerSettings, *, up: bool) -> Iterable[Finding]:
    for what, host, port, flag in (
        ("web page", settings.host, settings.port, "--port"),
        ("OTLP over HTTP", settings.otlp_bind, settings.otlp_http_port, "--otlp-http-port"),
        ("OTLP over gRPC", settings.otlp_bind, settings.otlp_grpc_port, "--otlp-grpc-port"),
        ("gateway", settings.gateway_bind, settings.gateway_port, "--gateway-port"),
    ):
        name = f"port {port}"
        reason = _cannot_bind(host, port)
        if reason is None and up:
            yield bad(
                name,
                f"nobody listens for {what}, though the server runs",
                mend="see the server's log; start it anew",
            )
        elif reason is None:
            yield ok(name, f"free for {what}")
        elif up:
            yield ok(name, f"{what}: in use, by the running server")
        else:
            yield bad(name, f"{what}: {reason}", mend=f"stop what uses it, or choose another with {flag}")


def _cannot_bind(host: str, port: int) -> str | None:
    """None where the port is free."""
    if port == 0:
        return None
    bare = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in bare else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((bare, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def credentials(settings: ServerSettings, *, metadata: MetadataStore) -> Finding:
    """Of a server that others reach."""
    missing = []
    if not metadata.people():
        missing.append(f"roadworthy people add NAME --data {settings.data}")
    if not metadata.key_hashes():
        missing.append(f"roadworthy keys create --name NAME --data {settings.data}")
    if missing:
        return bad(
            "credentials",
            f"{settings.host} is reachable by others, and it will not start without credentials",
            mend="; ".join(missing),
        )
    return ok("credentials", "people and keys are set up")


def server(found: Running | None) -> Iterable[Finding]:
    if found is None:
        yield warn("server", "does not run", mend="roadworthy up")
        return
    if not found.ready:
        yield bad("server", "runs, and is not ready", mend="wait a few seconds; then see its log")
    if found.said is None:
        yield warn("server", "runs, and would not tell how it is", mend="give a key with --key")
        return
    said = found.said
    if said["version"] != version("roadworthy"):
        yield warn(
            "server",
            f"runs version {said['version']}, this command is {version('roadworthy')}",
            mend="start it anew",
        )
    elif found.ready:
        yield ok("server", f"version {said['version']} at {said['url']}, {said['runs']:,} runs")
    for problem in said["problems"]:
        yield bad("server", problem, mend="see the server's log")
    backlog = said["backlog_bytes"]
    text = f"{backlog / _MIB:.1f} MiB accepted and not yet visible"
    if backlog > 256 * _MIB:
        yield warn("backlog", text, mend="wait; if it keeps growing, send less or use a larger machine")
    else:
        yield ok("backlog", text)
