"""Every shape of endpoint, in one visible table."""

from __future__ import annotations

from collections.abc import Callable

from roadworthy.backends.models.anthropic import AnthropicModel
from roadworthy.backends.models.openai import OpenAIModel
from roadworthy.contracts.models import Endpoint, Model, Shape

SHAPES: dict[Shape, Callable[[Endpoint], Model]] = {
    Shape.OPENAI: OpenAIModel,
    Shape.ANTHROPIC: AnthropicModel,
}


def open_model(endpoint: Endpoint) -> Model:
    """Connects to nothing yet."""
    return SHAPES[endpoint.shape](endpoint)
