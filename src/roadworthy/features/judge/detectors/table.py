"""Every detector, in one visible table. Adding one touches its own file, one line here and its test."""

from __future__ import annotations

from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors import (
    asked_again,
    assumption_made,
    contract_broken,
    cost_outlier,
    disagreement_ignored,
    doubt_voiced,
    false_success_claim,
    gave_up_early,
    hidden_tool_error,
    injection_followed,
    instruction_in_tool_result,
    invented_argument,
    latency_outlier,
    loop,
    no_answer,
    no_verification,
    refused,
    repeated_call,
    retry_storm,
    token_outlier,
    tool_error_ignored,
    truncated,
    unfinished_conversation,
    ungrounded_value,
    used_empty_result,
    write_without_confirmation,
)

DETECTORS: tuple[Detector, ...] = (
    tool_error_ignored.DETECTOR,
    hidden_tool_error.DETECTOR,
    false_success_claim.DETECTOR,
    instruction_in_tool_result.DETECTOR,
    injection_followed.DETECTOR,
    loop.DETECTOR,
    repeated_call.DETECTOR,
    retry_storm.DETECTOR,
    ungrounded_value.DETECTOR,
    contract_broken.DETECTOR,
    latency_outlier.DETECTOR,
    token_outlier.DETECTOR,
    cost_outlier.DETECTOR,
    invented_argument.DETECTOR,
    used_empty_result.DETECTOR,
    asked_again.DETECTOR,
    write_without_confirmation.DETECTOR,
    unfinished_conversation.DETECTOR,
    doubt_voiced.DETECTOR,
    assumption_made.DETECTOR,
    disagreement_ignored.DETECTOR,
    no_verification.DETECTOR,
    no_answer.DETECTOR,
    truncated.DETECTOR,
    refused.DETECTOR,
    gave_up_early.DETECTOR,
)

BY_NAME: dict[str, Detector] = {detector.name: detector for detector in DETECTORS}
