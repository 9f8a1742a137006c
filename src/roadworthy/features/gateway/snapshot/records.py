"""The kinds of records that models are called by."""

from __future__ import annotations

ROUTE = "gateway_route"
PROVIDER = "gateway_provider"
KEY = "gateway_key"
BUDGET = "gateway_budget"
LIMIT = "gateway_limit"
