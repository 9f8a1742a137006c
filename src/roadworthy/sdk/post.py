"""One OTLP/HTTP post, and what its answer means for the spans in it.

The standard library's HTTP is used, not the OpenTelemetry exporter: that one does not say what it dropped,
does not log a partial success, and cannot be told to stop waiting when the process ends.
"""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from http.client import HTTPException
from time import time

from roadworthy.sdk.settings import Settings

_RETRIED = frozenset({429, 502, 503, 504})
"""OTLP specification, "Retryable response codes"."""
_MAX_RETRY_AFTER_S = 60.0
_GZIP_FROM_BYTES = 1_024


class Verdict(Enum):
    TAKEN = "taken"
    LATER = "later"
    """Nothing was kept: send the same body again."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    verdict: Verdict
    reason: str = ""
    rejected: int = 0
    """Spans refused in a post that was otherwise taken."""
    retry_after_s: float | None = None


class Post:
    """Posts bodies to one address. Not for use by several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._headers = {
            "content-type": "application/x-protobuf",
            "user-agent": "roadworthy-sdk",
            **settings.headers,
        }
        # A proxy meant for the internet would be asked for this very machine.
        proxies = urllib.request.ProxyHandler({}) if settings.loopback else urllib.request.ProxyHandler()
        self._opener = urllib.request.build_opener(proxies)

    def send(self, body: bytes, *, timeout_s: float) -> Answer:
        """Never raises for what the network or the server does."""
        headers = dict(self._headers)
        if not self._settings.loopback and len(body) >= _GZIP_FROM_BYTES:
            body = gzip.compress(body, compresslevel=1)
            headers["content-encoding"] = "gzip"
        request = urllib.request.Request(self._settings.traces_url, data=body, headers=headers, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=timeout_s) as response:
                return _taken(response.read(65_536))
        except urllib.error.HTTPError as error:
            with error:
                return _refused(error)
        except (OSError, HTTPException, ValueError) as error:
            return Answer(verdict=Verdict.LATER, reason=f"cannot reach {self._settings.traces_url}: {error}")


def _taken(body: bytes) -> Answer:
    if not body:
        return Answer(verdict=Verdict.TAKEN)
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    try:
        partial = ExportTraceServiceResponse.FromString(body).partial_success
    except Exception:  # noqa: BLE001 (a 200 is a 200, whatever a proxy wrote into it)
        return Answer(verdict=Verdict.TAKEN)
    return Answer(verdict=Verdict.TAKEN, rejected=partial.rejected_spans, reason=partial.error_message)


def _refused(error: urllib.error.HTTPError) -> Answer:
    reason = f"{error.url} answered {error.code} {error.reason}"
    if error.code == 401:
        reason += ": the API key is missing or wrong (init(api_key=…) or ROADWORTHY_API_KEY)"
    if error.code in _RETRIED:
        return Answer(
            verdict=Verdict.LATER, reason=reason, retry_after_s=_retry_after(error.headers.get("retry-after"))
        )
    return Answer(verdict=Verdict.REFUSED, reason=reason)


def _retry_after(value: str | None) -> float | None:
    """Seconds, from seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)
