"""What `roadworthy.init` was told, by arguments first, then ROADWORTHY_* and OTEL_* variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`traces_url` is where spans are posted; `headers` go with each post."""

    traces_url: str
    headers: Mapping[str, str]
    agent: str
    release: str
    environment: str
    content: bool
    timeout_s: float
    """Of one post."""
    interval_s: float
    """Between posts while there is little to send."""
    max_queue_spans: int
    max_queue_bytes: int
    exit_timeout_s: float
    """How long the end of the process may wait for the last posts."""

    @property
    def loopback(self) -> bool:
        return (urlsplit(self.traces_url).hostname or "") in ("127.0.0.1", "localhost", "::1")


def resolve(
    *,
    endpoint: str | None = None,
    agent: str | None = None,
    release: str | None = None,
    environment: str | None = None,
    api_key: str | None = None,
    project: str | None = None,
    content: bool = True,
    timeout_s: float = 10.0,
    interval_s: float = 1.0,
    max_queue_spans: int = 20_000,
    max_queue_bytes: int = 32 * 1024 * 1024,
    exit_timeout_s: float = 5.0,
) -> Settings:
    """Raises ValueError, naming the setting, for what cannot be."""
    url = _traces_url(endpoint)
    _positive("timeout_s", timeout_s)
    _positive("interval_s", interval_s)
    _positive("max_queue_spans", max_queue_spans)
    _positive("max_queue_bytes", max_queue_bytes)
    headers = _headers()
    key = api_key or os.environ.get("ROADWORTHY_API_KEY", "")
    if key:
        headers["authorization"] = f"Bearer {key}"
    tenant = project or os.environ.get("ROADWORTHY_PROJECT", "")
    if tenant:
        headers["x-roadworthy-project"] = tenant
    return Settings(
        traces_url=url,
        headers=headers,
        agent=agent
        or os.environ.get("ROADWORTHY_AGENT")
        or os.environ.get("OTEL_SERVICE_NAME")
        or _script_name(),
        release=release or os.environ.get("ROADWORTHY_RELEASE", ""),
        environment=environment or os.environ.get("ROADWORTHY_ENVIRONMENT", ""),
        content=content and os.environ.get("ROADWORTHY_CONTENT", "") not in ("0", "false"),
        timeout_s=timeout_s,
        interval_s=interval_s,
        max_queue_spans=max_queue_spans,
        max_queue_bytes=max_queue_bytes,
        exit_timeout_s=exit_timeout_s,
    )


def disabled() -> bool:
    """ROADWORTHY_DISABLED=1 or OTEL_SDK_DISABLED=true: decorators then only call through."""
    return (
        os.environ.get("ROADWORTHY_DISABLED", "") not in ("", "0")
        or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    )


def _traces_url(endpoint: str | None) -> str:
    whole = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    base = endpoint or os.environ.get("ROADWORTHY_ENDPOINT", "")
    if not base and whole:
        return _checked(whole)
    base = base or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "") or DEFAULT_ENDPOINT
    base = _checked(base).rstrip("/")
    return base if base.endswith("/v1/traces") else f"{base}/v1/traces"


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"endpoint must be an http or https URL such as {DEFAULT_ENDPOINT}, not {url!r}")
    return url


def _headers() -> dict[str, str]:
    """OpenTelemetry specification, "Specifying headers via environment variables": key=value,
    comma-separated, values percent-encoded."""
    text = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or os.environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {key.strip().lower(): unquote(value.strip()) for key, _, value in pairs if key.strip()}


def _variable(*names: str) -> str:
    return next((value for name in names if (value := os.environ.get(name, ""))), "")


def _positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} must be greater than 0, not {value!r}")


def _script_name() -> str:
    script = Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-c", "-m") else ""
    return script or "agent"
