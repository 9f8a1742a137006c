"""What is inferred from traffic, and what is not."""

from __future__ import annotations

from typing import Any

from roadworthy.features.gateway.contracts.check import compiled
from roadworthy.features.gateway.contracts.schema import schema_of
from roadworthy.features.gateway.contracts.shape import Shape


def _learned(values: list[Any]) -> dict[str, Any]:
    shape = Shape()
    for value in values:
        shape.learn(value)
    return schema_of(shape)


def _orders(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": n,
            "status": ("open", "paid", "closed")[n % 3],
            "placed": f"2026-03-{n % 28 + 1:02}T10:00:00Z",
            "total": 10.5 + n,
            "discount": None if n % 4 else 0.1,
            "lines": [{"sku": f"sku-{n}", "count": n % 7}],
            **({"note": "call first"} if n % 5 == 0 else {}),
        }
        for n in range(count)
    ]


def test_an_order_is_understood() -> None:
    schema = _learned(_orders(200))

    assert schema["required"] == ["discount", "id", "lines", "placed", "status", "total"]
    fields = schema["properties"]
    assert fields["status"] == {"type": "string", "enum": ["closed", "open", "paid"]}
    assert fields["placed"] == {"type": "string", "format": "date-time"}
    assert fields["discount"]["type"] == ["number", "null"]
    assert fields["discount"]["maximum"] == 1
    assert fields["total"] == {"type": "number", "minimum": 0, "maximum": 5000}
    assert fields["id"] == {"type": "integer", "minimum": 0}, "ids count up"
    assert fields["lines"]["items"]["required"] == ["count", "sku"]
    assert fields["note"] == {"type": "string"}, "one value is no closed set"


def test_wrong_units_do_not_fit_and_growth_does() -> None:
    validator = compiled(_learned(_orders(200)))
    assert validator is not None
    order = _orders(1)[0]

    assert validator.is_valid(order | {"total": 900.0, "id": 10**9})
    assert not validator.is_valid(order | {"total": 20_000.0 * 100})
    assert validator.is_valid(order | {"a_new_field": {"x": 1}})


def test_little_evidence_demands_little() -> None:
    schema = _learned(_orders(3))

    assert "required" not in schema
    assert schema["properties"]["status"] == {"type": "string"}
    assert schema["properties"]["total"] == {"type": "number"}


def test_names_and_rare_values_are_no_closed_set() -> None:
    names = [f"Customer {n % 7}" if n % 50 else "Somebody else" for n in range(100)]
    assert "enum" not in _learned([{"name": one} for one in names])["properties"]["name"]
    prose = ["the order was sent on its way"] * 50 + ["the order was kept back at once"] * 50
    assert "enum" not in _learned(prose)


def test_ids_as_names_are_a_map() -> None:
    schema = _learned([{f"c-{n}": {"open": n}} for n in range(200)])

    assert "properties" not in schema
    assert schema["additionalProperties"]["properties"]["open"]["type"] == "integer"
