"""What a user's own function says, run in a process that can only compute."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from roadworthy.features.judge.evaluators.evaluator import Config, Evaluator, Verdict
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


def check(config: PythonConfig) -> None:
    """Loads it once: whether that succeeds in time says something about this moment, too, so that a function
    which was saved is not lost where it fails later."""
    POOL.get(config.source).check()


def evaluate(transcript: Transcript, config: PythonConfig) -> Verdict:
    ran = POOL.get(config.source, project=transcript.run.project).run(transcript)
    return replace(ran.verdict, printed=ran.printed)


EVALUATOR = Evaluator(
    name="python",
    title="Your own Python",
    description="What a function of your own returns; unknown, with the reason, where it fails, takes longer "
    "than two seconds or wants more than to compute.",
    config=PythonConfig,
    evaluate=evaluate,
    check=check,
)
