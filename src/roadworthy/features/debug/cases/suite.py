"""Cases run one beside the other, and told as a table of results or as JUnit XML."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from roadworthy.features.debug.cases.file import SUFFIX
from roadworthy.features.debug.cases.verdict import Outcome, Verdict

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds of one case."""

    whole: float = 0.0
    agent: float = 0.0
    """From its start to its end, the calls it made included."""
    calls: float = 0.0
    """Of that, in which calls were answered from the recording."""

    @property
    def overhead(self) -> float:
        """What it took over the agent itself."""
        return max(0.0, self.whole - self.agent) + self.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """`file` as it was given; `name` and `agent` are "" where it could not be read."""

    file: str
    name: str = ""
    agent: str = ""
    verdict: Verdict
    answer: str = ""
    calls: int = 0
    """How many the agent made."""
    notes: tuple[str, ...] = ()
    """What the runner saw, a sentence each."""
    timing: Timing = field(default_factory=Timing)

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome


def case_files(given: Sequence[Path]) -> list[Path]:
    """Of folders all case files in and below them, by name. Raises FileNotFoundError for what is not there,
    and for a folder without any."""
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = sorted(path.rglob(f"*{SUFFIX}"))
            if not inside:
                raise FileNotFoundError(f"{path} has no *{SUFFIX} in it")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(f"there is no {path}")
    return list(dict.fromkeys(found))


def run_suite(
    files: Sequence[Path],
    run: Callable[[Path, threading.Event], CaseResult],
    *,
    jobs: int,
    fail_fast: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[CaseResult]:
    """In the order of `files`, each as soon as it and those before it are over. With `fail_fast` nothing is
    begun after the first that did not pass, and what is under way is ended. `stop` ends all."""
    ended = stop or threading.Event()
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        begun: list[Future[CaseResult | None]] = [pool.submit(_one, run, file, ended) for file in files]
        try:
            for future in begun:
                result = future.result()
                if result is None:
                    return
                yield result
                if fail_fast and result.outcome is not Outcome.PASSED:
                    return
        finally:
            # Whoever stops listening (an interrupt, the first failure) leaves no agent running.
            ended.set()


def _one(
    run: Callable[[Path, threading.Event], CaseResult], file: Path, ended: threading.Event
) -> CaseResult | None:
    return None if ended.is_set() else run(file, ended)


def exit_code(results: Sequence[CaseResult]) -> int:
    """0: all passed. 1: some failed. 2: of some nothing can be said."""
    outcomes = {one.outcome for one in results}
    return 2 if Outcome.ERROR in outcomes else 1 if Outcome.FAILED in outcomes else 0


def junit(results: Sequence[CaseResult]) -> bytes:
    """As CI systems read it (one `testsuite`; what cannot stand in XML is left out)."""
    counts = {outcome: sum(one.outcome is outcome for one in results) for outcome in Outcome}
    suite = ElementTree.Element(
        "testsuite",
        name="roadworthy cases",
        tests=str(len(results)),
        failures=str(counts[Outcome.FAILED]),
        errors=str(counts[Outcome.ERROR]),
        time=f"{sum(one.timing.whole for one in results) / 1000:.3f}",
    )
    for one in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_xml(one.agent or "case"),
            name=_xml(one.name or Path(one.file).name),
            file=_xml(one.file),
            time=f"{one.timing.whole / 1000:.3f}",
        )
        why = "\n".join(one.verdict.why)
        if one.outcome is not Outcome.PASSED:
            kind = "failure" if one.outcome is Outcome.FAILED else "error"
            found = ElementTree.SubElement(
                case, kind, message=_xml(one.verdict.why[0] if one.verdict.why else kind)
            )
            found.text = _xml("\n\n".join(part for part in (why, told_divergence(one.verdict)) if part))
        said = "\n".join([*(one.verdict.why if one.outcome is Outcome.PASSED else ()), *one.notes])
        if said:
            ElementTree.SubElement(case, "system-out").text = _xml(said)
    tree = ElementTree.Element("testsuites")
    tree.append(suite)
    ElementTree.indent(tree)
    told: bytes = ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)
    return told + b"\n"


def told_divergence(verdict: Verdict) -> str:
    """Where the agent first asked something else, and how it differed; "" where it did not."""
    if verdict.diverged_at is None:
        return ""
    head = f"First divergence at step {verdict.diverged_at}"
    return f"{head}:\n{verdict.diff}" if verdict.diff else f"{head}."


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)
