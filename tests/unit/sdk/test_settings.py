"""Where settings come from, and what becomes of wrong ones."""

from __future__ import annotations

import pytest

from roadworthy.sdk.settings import resolve


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        (None, "http://127.0.0.1:4318/v1/traces"),
        ("http://rw:4318", "http://rw:4318/v1/traces"),
        ("http://rw:4318/", "http://rw:4318/v1/traces"),
        ("https://rw/otlp", "https://rw/otlp/v1/traces"),
        ("https://rw/v1/traces", "https://rw/v1/traces"),
    ],
)
def test_the_address_of_traces(endpoint: str | None, url: str) -> None:
    assert resolve(endpoint=endpoint).traces_url == url


def test_arguments_come_before_our_variables_and_those_before_opentelemetrys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:1")
    assert resolve().traces_url == "http://otel:1/v1/traces"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://otel:2/custom")
    assert resolve().traces_url == "http://otel:2/custom"
    monkeypatch.setenv("ROADWORTHY_ENDPOINT", "http://ours:1")
    assert resolve().traces_url == "http://ours:1/v1/traces"
    assert resolve(endpoint="http://said:1").traces_url == "http://said:1/v1/traces"


def test_keys_and_projects_travel_as_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=a%20b, authorization=Basic%20x")
    assert resolve().headers == {"x-team": "a b", "authorization": "Basic x"}
    settings = resolve(api_key="rw_a_b", project="shop")
    assert settings.headers == {
        "x-team": "a b",
        "authorization": "Bearer rw_a_b",
        "x-roadworthy-project": "shop",
    }


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"endpoint": "rw:4318"}, "endpoint"),
        ({"endpoint": "ftp://rw"}, "endpoint"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"max_queue_spans": -1}, "max_queue_spans"),
    ],
)
def test_a_wrong_setting_is_named(options: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        resolve(**options)  # type: ignore[arg-type]
