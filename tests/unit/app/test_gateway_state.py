from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from roadworthy.app.gateway_state import _of_upstreams


def test_what_is_told_of_upstreams_can_be_read_by_prometheus() -> None:
    told = {
        'default:one/odd "model"\\': {"breaker": "open", "in_flight": 2, "p50_ms": 12.5},
        "default:two/gpt": {"breaker": "closed", "in_flight": 0, "p50_ms": None},
    }
    families = text_string_to_metric_families("\n".join(_of_upstreams(told)) + "\n")
    found = {
        (sample.name.removeprefix("roadworthy_gateway_upstream_"), sample.labels["upstream"]): sample.value
        for family in families
        for sample in family.samples
    }
    assert found == {
        ("in_flight", 'default:one/odd "model"\\'): 2,
        ("p50_ms", 'default:one/odd "model"\\'): 12.5,
        ("breaker_open", 'default:one/odd "model"\\'): 1,
        ("in_flight", "default:two/gpt"): 0,
        ("breaker_open", "default:two/gpt"): 0,
    }
