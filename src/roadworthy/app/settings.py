"""Every setting of the server, from flags or ROADWORTHY_* variables (docs/reference/settings.md)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Settings(BaseSettings):
    """Flags win over variables, variables over the defaults here. Sizes are bytes, times seconds."""

    model_config = SettingsConfigDict(env_prefix="ROADWORTHY_", extra="ignore", frozen=True)

    data: Path = Field(
        default_factory=lambda: Path.home() / ".roadworthy",
        description="Folder that holds everything stored.",
    )
    host: str = Field(default="127.0.0.1", description="Address the web page and the REST API listen on.")
    port: int = Field(default=8420, ge=0, le=65535, description="Port of the web page and the REST API.")
    otlp_host: str | None = Field(
        default=None, description="Address OTLP listens on; that of `host` if unset."
    )
    otlp_http_port: int = Field(default=4318, ge=0, le=65535, description="Port of OTLP over HTTP.")
    otlp_grpc_port: int = Field(default=4317, ge=0, le=65535, description="Port of OTLP over gRPC.")
    gateway_host: str | None = Field(
        default=None, description="Address the gateway listens on; that of `host` if unset."
    )
    gateway_port: int = Field(
        default=8421,
        ge=0,
        le=65535,
        description="Port of the gateway: models and tools are called there.",
    )
    gateway_max_body_bytes: int = Field(
        default=64 * MIB, ge=1024, description="Largest request the gateway takes; larger ones get 413."
    )
    gateway_max_connections: int = Field(
        default=4096, ge=1, description="Connections of callers that the gateway serves at once."
    )
    max_body_bytes: int = Field(
        default=64 * MIB, ge=1024, description="Largest OTLP body after decompression; larger ones get 413."
    )
    body_seconds: float = Field(
        default=30.0, gt=0, description="How long a client may take to send one OTLP body before it gets 408."
    )
    max_connections: int = Field(default=1000, ge=1, description="OTLP/HTTP connections served at once.")
    intake_queue_bytes: int = Field(
        default=96 * MIB, ge=MIB, description="Bodies held in memory while they wait for the disk; then 429."
    )
    max_backlog_bytes: int = Field(
        default=8 * 1024 * MIB, ge=MIB, description="Accepted bodies not yet in the store; beyond it 429."
    )
    min_free_bytes: int = Field(
        default=256 * MIB, ge=0, description="Free disk space below which new bodies are refused with 503."
    )
    store_memory_bytes: int = Field(
        default=640 * MIB, ge=128 * MIB, description="Memory the telemetry engine may use."
    )
    assembly_memory_bytes: int = Field(
        default=96 * MIB,
        ge=8 * MIB,
        description="Spans of recent runs held in memory while they still change.",
    )
    cors_origins: list[str] = Field(
        default_factory=list, description="Web origins that may send OTLP from a browser (JSON array)."
    )
    allowed_hosts: list[str] = Field(
        default_factory=list, description="Further Host names the web page answers to (JSON array)."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s]+$",
        description="Address people reach the page at: stands in notifications and feedback links, and is a "
        "Host name and origin it answers to; that of `host` if unset.",
    )
    trusted_proxies: list[str] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed (JSON "
        "array); limits by address count the client's then.",
    )
    channel_networks: list[str] = Field(
        default_factory=list,
        description="Private networks that notification channels may reach (JSON array of CIDR).",
    )
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    self_telemetry: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+",
        description="OTLP/HTTP address (`http://HOST:4318`) that gets the server's own traces; off if unset.",
    )

    @field_validator("channel_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for one in value:
            try:
                ipaddress.ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} is no network; expected like 10.0.0.0/8") from None
        return value

    @property
    def otlp_bind(self) -> str:
        return self.otlp_host or self.host

    @property
    def gateway_bind(self) -> str:
        return self.gateway_host or self.host

    @property
    def loopback_only(self) -> bool:
        return is_loopback(self.host) and is_loopback(self.otlp_bind)


def is_loopback(host: str) -> bool:
    """Whether an address to bind is reachable from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def shown_host(host: str) -> str:
    """What to tell a person on this machine to connect to."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - only shown
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
