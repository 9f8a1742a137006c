"""Ways in which agents fail: MAST's fourteen, and ours where it has none.

Source of the fourteen: Cemri et al., "Why Do Multi-Agent LLM Systems Fail?" (2025), figure 2 and appendix A.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMode:
    id: str
    name: str
    group: str
    source: str
    """mast or roadworthy."""
    description: str


_SPECIFICATION = "specification"
_COORDINATION = "coordination"
_VERIFICATION = "verification"
_GROUNDING = "grounding"
_TOOLS = "tools"
_SAFETY = "safety"
_OPERATION = "operation"


def _mast(id_: str, name: str, group: str, description: str) -> FailureMode:
    return FailureMode(id=id_, name=name, group=group, source="mast", description=description)


def _own(id_: str, name: str, group: str, description: str) -> FailureMode:
    return FailureMode(id=id_, name=name, group=group, source="roadworthy", description=description)


MODES: tuple[FailureMode, ...] = (
    _mast("mast-1.1", "Disobeyed the task", _SPECIFICATION, "Broke a constraint or requirement of the task."),
    _mast("mast-1.2", "Disobeyed its role", _SPECIFICATION, "Did what another agent's role is."),
    _mast("mast-1.3", "Repeated steps", _SPECIFICATION, "Did again what was done already, to no end."),
    _mast("mast-1.4", "Lost the conversation", _SPECIFICATION, "Went on as if earlier turns had not been."),
    _mast("mast-1.5", "Did not know when to stop", _SPECIFICATION, "Went on after the task was over."),
    _mast("mast-2.1", "Restarted the conversation", _COORDINATION, "Began anew without need."),
    _mast("mast-2.2", "Did not ask", _COORDINATION, "Went on with unclear or missing information."),
    _mast("mast-2.3", "Derailed", _COORDINATION, "Left the objective of the task."),
    _mast("mast-2.4", "Withheld information", _COORDINATION, "Did not say what another agent needed."),
    _mast("mast-2.5", "Ignored others", _COORDINATION, "Passed over what another agent or a tool had said."),
    _mast("mast-2.6", "Said one thing, did another", _COORDINATION, "Reasoning and action do not match."),
    _mast("mast-3.1", "Stopped too early", _VERIFICATION, "Ended before all was done that had to be."),
    _mast("mast-3.2", "Did not check", _VERIFICATION, "No check of the result, or an incomplete one."),
    _mast("mast-3.3", "Checked wrongly", _VERIFICATION, "A check that passed what was wrong."),
    _own("ungrounded", "Made something up", _GROUNDING, "A value or argument that nothing seen explains."),
    _own("tool-failed", "Tool failed", _TOOLS, "A tool gave an error, no data, or late or stale data."),
    _own("contract-broken", "Broke a contract", _TOOLS, "Arguments or output do not fit their schema."),
    _own("refused", "Refused", _OPERATION, "Declined the task."),
    _own("no-answer", "No answer", _OPERATION, "Ended with no answer, or one that is cut off."),
    _own("outlier", "Out of the ordinary", _OPERATION, "Far slower, longer or dearer than usual."),
    _own("wrong-language", "Wrong language", _OPERATION, "Answered in another language than asked."),
    _own("leaked-secret", "Gave away a secret", _SAFETY, "Secrets or personal data in the answer."),
    _own("injection", "Followed foreign instructions", _SAFETY, "Text that a tool brought gave it orders."),
)

BY_ID: dict[str, FailureMode] = {mode.id: mode for mode in MODES}
