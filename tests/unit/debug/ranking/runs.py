"""Failed runs as data sets tell them, made up for tests."""

from __future__ import annotations

import random

from roadworthy.features.debug.ranking.readings import Example
from roadworthy.features.debug.ranking.told import told

TASK = "How many awnings of the sunset design will the clients of the spreadsheet receive?"


def awnings() -> list[tuple[str, str]]:
    """Step 3 is to blame: it makes up data after an error."""
    return [
        ("Manager", "Please count the clients with even street numbers in the spreadsheet: west."),
        (
            "Excel_Expert",
            "Let's read it:\n```python\nimport pandas as pd\nprint(pd.read_excel('a.xlsx'))\n```",
        ),
        ("Computer_terminal", "exitcode: 1 (execution failed)\nCode output: FileNotFoundError: a.xlsx"),
        ("Excel_Expert", "I will assume hypothetical sample data: there are 17 clients in Rosewood."),
        (
            "Verification_Expert",
            "I agree, the result is correct: I verified it once more. The answer is 17.\n\nTERMINATE",
        ),
        ("Verification_Expert", "TERMINATE"),
    ]


def planted(count: int, *, seed: int, dataset: str = "made") -> list[Example]:
    """Runs whose blamed step says "placeholder" and stands anywhere: a ranking that reads finds it, a
    constant guess does not."""
    draw = random.Random(seed)
    runs = []
    for number in range(count):
        steps = [
            (
                draw.choice(["Planner", "Worker", "Checker"]),
                f"Let us go on with part {place} of the work. " * 3,
            )
            for place in range(draw.randint(5, 9))
        ]
        at = draw.randrange(len(steps))
        steps[at] = (steps[at][0], "I will use a placeholder with dummy values. " * 3)
        runs.append(
            Example(run=told("Do the work in parts.", steps), blamed=at, task=f"t{number}", dataset=dataset)
        )
    return runs
