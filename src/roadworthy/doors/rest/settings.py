"""What the REST door needs to be told; `app` fills it from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSettings:
    """Times are seconds. `url` and the OTLP addresses are what people are told, not what is bound."""

    version: str
    url: str = "http://127.0.0.1:8420"
    otlp_http_url: str = "http://127.0.0.1:4318"
    otlp_grpc_url: str = "http://127.0.0.1:4317"
    login_required: bool = False
    """False only for a server bound to loopback, whose user is the machine's."""
    allowed_hosts: frozenset[str] = LOOPBACK_NAMES
    """Names a Host header may carry, without port; "*" allows any. Guards against DNS rebinding."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins besides the server's own that may send unsafe requests."""
    secure_cookies: bool = False
    """Set where people reach it over HTTPS."""
    session_seconds: int = 14 * 86_400
    max_upload_bytes: int = 2 * 1024**3
    static_dir: Path | None = None
    """Where the built web page lies; None is the package's own folder."""
    data_dir: Path | None = None
    started_ns: int = 0
