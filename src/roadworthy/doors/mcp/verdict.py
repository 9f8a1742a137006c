"""A verdict in words, for a coding agent that has to find out what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Verdict = Mapping[str, Any]


def in_words(verdict: Verdict) -> list[str]:
    """What is known, the strongest first; each line stands by itself."""
    lines = [_outcome(verdict)]
    if verdict["p_failure"] is not None:
        lines.append(_likely(verdict))
    if not verdict["judged"]:
        lines.append("Detectors have not looked at it yet: what is missing here may still come.")
    lines += [_finding(one) for one in verdict["findings"] if one["suspicious"]]
    notes = [one for one in verdict["findings"] if not one["suspicious"]]
    lines += [f"Worth knowing: {_finding(one)}" for one in notes]
    if verdict["judged"] and not verdict["findings"]:
        lines.append("No detector found anything.")
    lines += [_mode(one) for one in verdict["modes"] if one["source"] != "detector"]
    if verdict["first_suspicious_span_id"]:
        lines.append(f"Look first at step {verdict['first_suspicious_span_id']} (get_span).")
    return lines


def _outcome(verdict: Verdict) -> str:
    if verdict["outcome"] == "unknown":
        return "Nobody has said whether the task succeeded."
    said = [one for one in verdict["said"] if one["outcome"] != verdict["outcome"]]
    against = ", ".join(dict.fromkeys(one["source"] for one in said))
    reason = f": {verdict['outcome_reason']}" if verdict["outcome_reason"] else ""
    other = f" ({against} said otherwise)" if against else ""
    return f"Outcome {verdict['outcome']}, said by {verdict['outcome_source']}{reason}{other}."


def _likely(verdict: Verdict) -> str:
    calibration = verdict["calibration"]
    how = (
        f"calibrated on {calibration['n']} labelled runs, expected calibration error {calibration['ece']:.3f}"
        if calibration
        else "calibration unknown"
    )
    signals = ", ".join(
        f"{one['title']} {one['weight']:+.2f}" for one in verdict["contributions"][:5] if one["weight"]
    )
    return f"Probability of failure {verdict['p_failure']:.2f} ({how})" + (
        f"; moved by {signals}." if signals else "."
    )


def _finding(finding: Mapping[str, Any]) -> str:
    mode = f", failure mode {finding['mode']} {finding['mode_name']}" if finding["mode"] else ""
    places = "; ".join(_place(one) for one in finding["evidence"][:3])
    return f"{finding['title']} (confidence {finding['confidence']:.2f}{mode}): {finding['reason']}" + (
        f" Evidence: {places}." if places else ""
    )


def _mode(word: Mapping[str, Any]) -> str:
    who = " ".join(one for one in (word["source"], word["author"] or "") if one)
    reason = f": {word['reason']}" if word["reason"] else ""
    return f"Failure mode {word['mode']} {word['mode_name'] or ''}, named by {who}{reason}."


def _place(evidence: Mapping[str, Any]) -> str:
    step = f"step {evidence['span_id']}" if evidence["span_id"] else ""
    where = " ".join(one for one in (step, evidence["place"]) if one)
    return f"{where or 'the run'}: “{evidence['excerpt']}”" if evidence["excerpt"] else where or "the run"
