"""Which faults stand for which detector, in one visible table."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.planted import answers, talk, tools
from benchmarks.planted.conversation import Conversation, Plant, calls
from roadworthy.features.judge.evaluation.split import Half

Plants = Mapping[str, Plant]
"""By form: each run gets one fault, in one of the forms, in turn."""

EVERY_RUN = frozenset({"unfinished_conversation"})
"""Faults for which runs that failed do as well: too few good ones have a place for them."""


def shows(name: str, one: Conversation) -> bool:
    """Whether a run that ended well has the fault all the same: tools of these sets begin their failures
    with a word of their own and report them as results."""
    return name == "hidden_tool_error" and not all(call.worked for call in calls(one))


def plants(everything: list[Conversation], *, half: Half) -> dict[str, Plants]:
    """By detector. `everything` lends sentences that agents really said. What detectors look for in words is
    worded otherwise in the held-out half."""
    asks = talk.real_asks(everything)
    unseen = half is Half.HELD_OUT
    return _of_tools(unseen=unseen) | _of_answers(unseen=unseen) | _of_talk(asks, unseen=unseen)


def _of_tools(*, unseen: bool) -> dict[str, Plants]:
    failures = tools.UNSEEN_FAILURES if unseen else tools.FAILURES
    denials = tools.UNSEEN_DENIALS if unseen else tools.DENIALS
    untold = {form: tools.untold_failure(form) for form in (*failures, *denials)}
    return {
        "tool_error_ignored": untold,
        "hidden_tool_error": {
            **{form: tools.failing_result(form) for form, (_, says) in failures.items() if not says},
            "stale": tools.stale_result,
        },
        "false_success_claim": {**untold, "never called": tools.never_called},
        "loop": {
            "same call, four times": tools.same_call_again(3),
            "same call, six times": tools.same_call_again(5),
            "two calls in turn": tools.calls_in_turn,
            "same words": tools.same_words,
        },
        "repeated_call": {"once more": tools.same_call_again(1)},
        "retry_storm": {form: tools.retries(form) for form in failures},
        "contract_broken": {
            form: tools.broken_arguments(form)
            for form in ("cut JSON", "argument missing", "not in the list", "wrong type")
        },
        "invented_argument": {kind: tools.invented(kind) for kind in ("id", "user", "date", "e-mail")},
        "used_empty_result": {
            repr(text): tools.found_nothing(text) for text in (tools.UNSEEN_EMPTY if unseen else tools.EMPTY)
        },
        "write_without_confirmation": {
            text: tools.unconfirmed(text) for text in (tools.UNSEEN_NO_YES if unseen else tools.NO_YES)
        },
    }


SECRETS = (
    *("openai", "anthropic", "aws", "github", "slack", "stripe", "google", "jwt"),
    *("card", "iban", "ssn", "password in URL", "private key"),
)


def _of_answers(*, unseen: bool) -> dict[str, Plants]:
    placeholders = answers.UNSEEN_PLACEHOLDERS if unseen else answers.PLACEHOLDERS
    refusals = answers.UNSEEN_REFUSALS if unseen else answers.REFUSALS
    given_up = answers.UNSEEN_GIVEN_UP if unseen else answers.GIVEN_UP
    worded = answers.UNSEEN_WORDED if unseen else answers.WORDED
    foreign = answers.UNSEEN_FOREIGN if unseen else answers.FOREIGN
    return {
        "no_answer": {repr(text): answers.last_word(text) for text in placeholders},
        "truncated": {
            form: answers.cut_off(form)
            for form in ("length", "max_tokens", "MAX_TOKENS", "code", "JSON", "fenced JSON")
        },
        "refused": {text: answers.last_word(text) for text in refusals},
        "gave_up_early": {
            **{text: answers.last_word(text) for text in given_up},
            "ends on a result": answers.ends_on_result,
            "handed to a person": answers.handed_to_a_person,
        },
        "unfinished_conversation": {"real promise": answers.promised},
        "secret_in_answer": {kind: answers.secret(kind) for kind in SECRETS},
        "ungrounded_value": {
            **{kind: answers.ungrounded(kind) for kind in ("money", "date", "id")},
            **{kind: answers.contact(kind) for kind in ("e-mail", "url", "phone")},
        },
        "claim_contradicts_result": {
            **{text: answers.other_status(text) for text in worded},
            "real words": answers.told_status_of_another,
        },
        "wrong_language": {text[:24]: answers.last_word(text) for text in foreign},
    }


def _of_talk(asks: dict[str, list[str]], *, unseen: bool) -> dict[str, Plants]:
    planned = talk.UNSEEN_PLANNED if unseen else talk.PLANNED
    ordered = talk.UNSEEN_ORDERED if unseen else talk.ORDERED
    return {
        "asked_again": {"real question": talk.asks_again(asks)},
        "handoff_ping_pong": {
            f"{form}{', with words' if chatty else ''}": talk.ping_pong(form, chatty=chatty)
            for form in talk.HANDING
            for chatty in (False, True)
        },
        "lost_context_at_handoff": {
            f"{form}, {'asks' if asking else 'not told'}": talk.lost_on_the_way(
                form, asks if asking else None
            )
            for form in talk.HANDING
            for asking in (True, False)
        },
        "plan_step_skipped": {form: talk.skipped_step(form) for form in planned},
        "instruction_in_tool_result": {form: talk.instructed(form, followed=False) for form in ordered},
        "injection_followed": {form: talk.instructed(form, followed=True) for form in ordered},
    }
