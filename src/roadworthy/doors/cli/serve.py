"""up, serve: running the server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.wiring import wiring

# One flag for each setting; a test holds this against the settings. None: the ROADWORTHY_* variable, else the
# default. Variables are read by the settings, not here: one place for both.
Data = Annotated[Path | None, typer.Option(help="Folder that holds everything stored. [~/.roadworthy]")]
Host = Annotated[str | None, typer.Option(help="Address of the web page and the REST API. [127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port of the web page and the REST API. [8420]")]
OtlpHost = Annotated[str | None, typer.Option(help="Address OTLP listens on. [that of --host]")]
OtlpHttpPort = Annotated[int | None, typer.Option(help="Port of OTLP over HTTP. [4318]")]
OtlpGrpcPort = Annotated[int | None, typer.Option(help="Port of OTLP over gRPC. [4317]")]
GatewayHost = Annotated[str | None, typer.Option(help="Address the gateway listens on. [that of --host]")]
GatewayPort = Annotated[int | None, typer.Option(help="Port of the gateway. [8421]")]
GatewayMaxBodyBytes = Annotated[int | None, typer.Option(help="Largest request the gateway takes.")]
GatewayMaxConnections = Annotated[int | None, typer.Option(help="Callers' connections at once.")]
MaxBodyBytes = Annotated[int | None, typer.Option(help="Largest OTLP body after decompression.")]
BodySeconds = Annotated[float | None, typer.Option(help="Time a client has to send one OTLP body.")]
MaxConnections = Annotated[int | None, typer.Option(help="OTLP/HTTP connections served at once.")]
IntakeQueueBytes = Annotated[int | None, typer.Option(help="Bodies in memory that wait for the disk.")]
MaxBacklogBytes = Annotated[int | None, typer.Option(help="Accepted bodies not yet in the store.")]
MinFreeBytes = Annotated[int | None, typer.Option(help="Free disk space below which bodies get 503.")]
StoreMemoryBytes = Annotated[int | None, typer.Option(help="Memory the telemetry engine may use.")]
AssemblyMemoryBytes = Annotated[int | None, typer.Option(help="Memory for runs that still change.")]
CorsOrigins = Annotated[
    list[str] | None, typer.Option(help="Web origin that may send OTLP from a browser; repeatable.")
]
AllowedHosts = Annotated[
    list[str] | None, typer.Option(help="Further Host name the web page answers to; repeatable.")
]
PublicUrl = Annotated[str | None, typer.Option(help="Address of the page in notifications. [that of --host]")]
TrustedProxies = Annotated[
    list[str] | None, typer.Option(help="Proxy whose X-Forwarded-For is believed; repeatable. [this machine]")
]
ChannelNetworks = Annotated[
    list[str] | None, typer.Option(help="Private network (CIDR) that channels may reach; repeatable.")
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None, typer.Option(help="How much is logged. [info]")
]
SelfTelemetry = Annotated[
    str | None, typer.Option(help="OTLP/HTTP address that gets the server's own traces. [none]")
]


def up(
    context: typer.Context,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    otlp_host: OtlpHost = None,
    otlp_http_port: OtlpHttpPort = None,
    otlp_grpc_port: OtlpGrpcPort = None,
    gateway_host: GatewayHost = None,
    gateway_port: GatewayPort = None,
    gateway_max_body_bytes: GatewayMaxBodyBytes = None,
    gateway_max_connections: GatewayMaxConnections = None,
    max_body_bytes: MaxBodyBytes = None,
    body_seconds: BodySeconds = None,
    max_connections: MaxConnections = None,
    intake_queue_bytes: IntakeQueueBytes = None,
    max_backlog_bytes: MaxBacklogBytes = None,
    min_free_bytes: MinFreeBytes = None,
    store_memory_bytes: StoreMemoryBytes = None,
    assembly_memory_bytes: AssemblyMemoryBytes = None,
    cors_origins: CorsOrigins = None,
    allowed_hosts: AllowedHosts = None,
    public_url: PublicUrl = None,
    trusted_proxies: TrustedProxies = None,
    channel_networks: ChannelNetworks = None,
    log_level: LogLevel = None,
    self_telemetry: SelfTelemetry = None,
) -> None:
    """Start everything on this machine, and run until Ctrl-C or SIGTERM.

    Every flag is also a variable: --otlp-http-port is ROADWORTHY_OTLP_HTTP_PORT.
    """
    _run(context)


def serve(
    context: typer.Context,
    role: Annotated[str, typer.Option(help="all is the one there is in this version.")] = "all",
    data: Data = None,
    host: Host = None,
    port: Port = None,
    otlp_host: OtlpHost = None,
    otlp_http_port: OtlpHttpPort = None,
    otlp_grpc_port: OtlpGrpcPort = None,
    gateway_host: GatewayHost = None,
    gateway_port: GatewayPort = None,
    log_level: LogLevel = None,
    self_telemetry: SelfTelemetry = None,
) -> None:
    """Run one role of the server, as a service manager does.

    Roles run apart only on stores that several machines share; this version has the embedded ones, where
    one machine runs them all. Other settings come from ROADWORTHY_* variables.
    """
    if role != "all":
        raise fail(
            f"--role {role}: the stores of this version are files that one machine owns, so its roles run "
            "together.\n  Use --role all, or roadworthy up.",
            code=2,
        )
    _run(context)


def _run(context: typer.Context) -> None:
    # Lists that were not given come as empty tuples: they must not hide what the variables say.
    given = {name: value for name, value in context.params.items() if value not in (None, [], ())}
    given.pop("role", None)
    try:
        code = wiring(context).run_up(given)
    except ValueError as error:
        raise fail(str(error), code=2) from None
    raise typer.Exit(code)
