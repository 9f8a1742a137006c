"""Whether a drill can be run as it is asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

from roadworthy.features.gateway.drills.drill import BadDrill, Drill, Via
from roadworthy.features.gateway.drills.fault import BY_NAME

MOST_CASES = 500
MOST_RUNS = 5_000
MOST_INPUT = 100_000
"""Characters of a task."""


def check_drill(drill: Drill) -> None:
    """Raises BadDrill for the first field that is not as expected."""
    if not drill.agent:
        raise BadDrill("agent", "expected the name of an agent")
    _check_cases(drill)
    _check_faults(drill)
    for name, value, low, high in (
        ("clean_runs", drill.clean_runs, 1, 10),
        ("budget", drill.budget, 1, MOST_RUNS),
        ("concurrency", drill.concurrency, 1, 64),
        ("timeout_s", drill.timeout_s, 1, 3_600),
    ):
        if not low <= value <= high:
            raise BadDrill(name, f"expected {low} to {high}, not {value:g}")
    least = len(drill.cases) * drill.clean_runs
    if drill.budget <= least:
        raise BadDrill(
            "budget",
            f"{least} clean runs leave no room for faults; expected more than {least}, or fewer cases",
        )
    if drill.via is Via.URL:
        parts = urlsplit(drill.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadDrill("url", "expected an address like http://127.0.0.1:9000/ask")
        if "{input}" not in drill.body:
            raise BadDrill("body", "expected {input} in it, where the task goes")


def _check_cases(drill: Drill) -> None:
    if not 1 <= len(drill.cases) <= MOST_CASES:
        raise BadDrill("cases", f"expected 1 to {MOST_CASES} tasks, not {len(drill.cases)}")
    seen: set[str] = set()
    for place, case in enumerate(drill.cases):
        where = f"cases[{place}]"
        if not case.input.strip() or len(case.input) > MOST_INPUT:
            raise BadDrill(f"{where}.input", f"expected 1 to {MOST_INPUT} characters")
        if case.id in seen:
            raise BadDrill(f"{where}.id", f"{case.id!r} is there twice")
        seen.add(case.id)


def _check_faults(drill: Drill) -> None:
    if not drill.faults:
        raise BadDrill("faults", f"expected at least one of {', '.join(BY_NAME)}")
    for place, fault in enumerate(drill.faults):
        if fault not in BY_NAME:
            raise BadDrill(f"faults[{place}]", f"no fault {fault!r}; expected one of {', '.join(BY_NAME)}")
        if fault in drill.faults[:place]:
            raise BadDrill(f"faults[{place}]", f"{fault!r} is there twice")
    known = {name for one in BY_NAME.values() for name in one.settings}
    for name, value in drill.settings:
        if name not in known:
            raise BadDrill(
                "settings", f"no fault has a setting {name!r}; expected one of {', '.join(sorted(known))}"
            )
        if not 0 <= value <= 1e10:
            raise BadDrill(f"settings.{name}", "expected a number of at least 0")
