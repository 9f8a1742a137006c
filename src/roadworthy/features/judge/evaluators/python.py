"""What a user's own function says, run in a process that can only compute."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field, field_validator

from roadworthy.features.judge.evaluators.evaluator import Config, ConfigInvalid, Evaluator, Verdict
from roadworthy.features.judge.evaluators.function_pool import POOL
from roadworthy.features.judge.evaluators.python_function import SOURCE_LIMIT
from roadworthy.features.judge.transcript import Transcript


class PythonConfig(Config):
    source: str = Field(
        min_length=1,
        max_length=SOURCE_LIMIT,
        description="Python with a function evaluate(run: dict), which returns a number from 0 to 1, a bool, "
        "a text, or a dict with value, label, explanation and evidence.",
        json_schema_extra={"contentMediaType": "text/x-python"},
    )

    @field_validator("source")
    @classmethod
    def _loads(cls, source: str) -> str:
        problem = _problem(source)
        if problem:
            raise ValueError(problem)
        return source


@lru_cache(maxsize=512)
def _problem(source: str) -> str:
    """Loaded once: configurations are read again whenever a project changes."""
    try:
        POOL.get(source).check()
    except ConfigInvalid as refused:
        return refused.expected
    return ""


def evaluate(transcript: Transcript, config: PythonConfig) -> Verdict:
    return POOL.get(config.source, project=transcript.run.project).evaluate(transcript)


EVALUATOR = Evaluator(
    name="python",
    title="Your own Python",
    description="What a function of your own returns; unknown, with the reason, where it fails, takes longer "
    "than two seconds or wants more than to compute.",
    config=PythonConfig,
    evaluate=evaluate,
)
