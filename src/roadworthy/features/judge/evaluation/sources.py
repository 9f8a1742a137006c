"""Where labelled runs come from, in one visible table. Their licences forbid shipping most of them: they are
read from a folder that the caller names, and their absence is said."""

from __future__ import annotations

from typing import Any

from roadworthy.features.judge.evaluation.traces import LabelledTrace, Source, chat_trace, team_trace


def _tau(dataset: str, agent: str, line: dict[str, Any]) -> LabelledTrace:
    # What the simulated user says last ("###STOP###") ends the conversation and reaches no agent.
    steps = list(line["steps"])
    while steps and steps[-1]["role"] == "user":
        steps.pop()
    body = chat_trace(
        f"{dataset}/{line['run_id']}", agent=agent, model=line["model"].split()[0], messages=steps
    )
    return LabelledTrace(
        dataset=dataset, id=line["run_id"], task=str(line["task_id"]), failed=line["reward"] < 1, body=body
    )


def _airline(line: dict[str, Any]) -> LabelledTrace:
    return _tau("taubench_gpt4o_airline", "airline", line)


def _retail(line: dict[str, Any]) -> LabelledTrace:
    return _tau("agentrx_tau_retail", "retail", line)


def _mathchat(line: dict[str, Any]) -> LabelledTrace:
    steps = line["steps"]
    return LabelledTrace(
        dataset="ag2_mathchat",
        id=line["run_id"],
        task=line["task_id"],
        failed=line["correct"] is False,
        body=team_trace(
            f"ag2_mathchat/{line['run_id']}", team="mathchat", question=steps[0]["content"], steps=steps[1:]
        ),
    )


def _masft(line: dict[str, Any]) -> LabelledTrace:
    steps = line["steps"]
    return LabelledTrace(
        dataset="masft_human_taxonomy_ag2",
        id=line["run_id"],
        task=line["run_id"],
        failed=None if line["outcome"] is None else not line["outcome"],
        body=team_trace(
            f"masft/{line['run_id']}", team="mathchat", question=steps[0]["content"], steps=steps[1:]
        ),
    )


def _whowhen(line: dict[str, Any]) -> LabelledTrace:
    return LabelledTrace(
        dataset="whowhen_algorithm_generated",
        id=line["run_id"],
        task=line["question_id"],
        failed=True,
        culprit=line["mistake_agent"],
        body=team_trace(
            f"whowhen/{line['run_id']}", team="experts", question=line["question"], steps=line["steps"]
        ),
    )


def _tracertraj(line: dict[str, Any]) -> LabelledTrace:
    return LabelledTrace(
        dataset="tracertraj_code_test",
        id=line["run_id"],
        task=line["question_id"],
        failed=True,
        culprit=line["mistake_agent"],
        body=team_trace(
            f"tracertraj/{line['run_id']}", team="company", question=line["question"], steps=line["steps"]
        ),
    )


SOURCES: tuple[Source, ...] = (
    Source(name="taubench_gpt4o_airline", read=_airline),
    Source(name="agentrx_tau_retail", read=_retail),
    Source(name="ag2_mathchat", read=_mathchat),
    # People noted "the answer is correct" beside some of its failed runs: too unsure to measure outcomes by.
    Source(name="masft_human_taxonomy_ag2", read=_masft, measures_outcome=False, fits=False),
    Source(name="whowhen_algorithm_generated", read=_whowhen, measures_outcome=False, fits=False),
    Source(name="tracertraj_code_test", read=_tracertraj, measures_outcome=False, fits=False),
)

BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}
