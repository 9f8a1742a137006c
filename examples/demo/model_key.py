"""What the agents show to their model: the scripted one takes anything, the gateway a key of its own."""

from __future__ import annotations

import os

MODEL_KEY = os.environ.get("DEMO_MODEL_KEY", "scripted")
