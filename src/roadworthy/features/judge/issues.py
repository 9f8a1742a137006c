"""Which issue a failing run belongs to: the same agent failing the same way.

An issue is known by what stays the same from run to run: agent, detector, tool and the shape of the error.
The shape of a text is what is left of it without numbers, ids, quoted words and paths.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roadworthy.domain.failure_mode import BY_ID
from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.features.judge.detectors.table import BY_NAME

SUSPECT = 0.7
"""From this p(failure) on, a run without any other sign is looked at for clusters of texts."""
GIVEN_MODE = "mode"
_SHAPE_CHARACTERS = 160
_ISSUES_OF_A_RUN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """What makes two runs cases of one issue. `detector` is a detector's name, or "error" for runs that ended
    with one, "mode" for those to which people or judges gave a failure mode, "said" for those somebody called
    a failure, "suspected" for those only the model suspects."""

    agent: str
    detector: str
    mode: str = ""
    tool: str = ""
    shape: str = ""
    cluster: str = ""

    @property
    def id(self) -> str:
        parts = [self.agent, self.detector, self.tool, self.shape, self.cluster]
        if self.detector == GIVEN_MODE:
            parts.append(self.mode)
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def title(self) -> str:
        if self.detector == GIVEN_MODE:
            return self.mode_name or self.mode
        known = BY_NAME.get(self.detector)
        what = known.title if known else _OTHERS.get(self.detector, self.detector)
        said = self.cluster or self.shape
        return ": ".join([what, ", ".join(part for part in (self.tool, said) if part)]).rstrip(": ")

    @property
    def mode_name(self) -> str:
        return BY_ID[self.mode].name if self.mode in BY_ID else ""


_OTHERS = {
    "error": "Ended with an error",
    "said": "Called a failure",
    "suspected": "Looks like a failure",
}


def issues_of(
    run: Run, findings: Sequence[Finding], *, cluster_of: Mapping[str, str] | None = None
) -> list[IssueKey]:
    """The issues of a judged run, the most telling first; () for a run nothing speaks against, and
    for a trial, whatever speaks against it.

    `cluster_of` maps runs to the text cluster they were put into (see `clusters`); it places those runs that
    failed and say no more about it.
    """
    if run.is_trial:
        return []
    keys = [
        IssueKey(
            agent=run.agent, detector=one.detector, mode=one.mode, tool=one.tool, shape=_shape_of(run, one)
        )
        for one in sorted(findings, key=lambda one: -one.confidence)
        if one.detector not in BY_NAME or BY_NAME[one.detector].suspicious
    ]
    if run.outcome is not Outcome.SUCCESS:
        keys += [IssueKey(agent=run.agent, detector=GIVEN_MODE, mode=mode) for mode in _given(run, findings)]
    if run.status is RunStatus.ERROR and (run.error or run.error_type):
        said = f"{run.error_type}: {run.error}" if run.error_type else run.error
        # That a run which ended with an error gave no answer is the same thing said twice.
        keys = [key for key in keys if key.detector != "no_answer"]
        keys.append(IssueKey(agent=run.agent, detector="error", mode="", shape=shape(said)))
    if not keys:
        cluster = (cluster_of or {}).get(run.id, "")
        if run.outcome is Outcome.FAILURE:
            keys.append(IssueKey(agent=run.agent, detector="said", cluster=cluster))
        elif (run.p_failure or 0.0) >= SUSPECT and run.outcome is not Outcome.SUCCESS:
            keys.append(IssueKey(agent=run.agent, detector="suspected", cluster=cluster))
    return list({key.id: key for key in keys}.values())[:_ISSUES_OF_A_RUN]


def _given(run: Run, findings: Sequence[Finding]) -> list[str]:
    """Failure modes that only people or judges name."""
    found = {one.mode for one in findings}
    return [mode for mode in run.modes if mode not in found]


def _shape_of(run: Run, finding: Finding) -> str:
    """Of a failed tool the shape of its error; what other detectors say differs from run to run."""
    if finding.mode != "tool-failed" or not finding.evidence:
        return ""
    return shape(finding.evidence[0].excerpt)


_VARIABLE = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "<e-mail>"),
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"(?:/[\w.-]+){2,}"), "<path>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?=[a-z]*\d)[0-9a-f]{12,}\b", re.I), "<id>"),
    # A name in quotes differs from run to run; a sentence in quotes is the message itself.
    (re.compile(r"(['\"`])[^\s'\"`]{1,80}\1"), "<...>"),
    (re.compile(r"(?<![\w<])(?=[\w-]*\d)[\w-]+(?:[.,:]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def shape(text: str) -> str:
    """What stays the same of an error from run to run, at most 160 characters."""
    text = text[:2_000]
    for pattern, instead in _VARIABLE:
        text = pattern.sub(instead, text)
    return text.strip()[:_SHAPE_CHARACTERS]
