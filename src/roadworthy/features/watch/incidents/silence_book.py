"""The silences and maintenance windows of a project. They end; they are never taken off the record."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.silence import FIELDS, Matcher, MatchOp, Silence
from roadworthy.kit.kept import Kept

KIND = "silence"
SILENCES_KEPT = 2_000
LONGEST_NS = 366 * 86_400 * 1_000_000_000


class SilenceInvalid(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` names what is wrong, the message what was expected."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceDraft:
    matchers: Sequence[tuple[str, str, str]]
    """(field, op, value) each; at least one."""
    start_ns: int
    end_ns: int
    reason: str
    maintenance: bool = False


class SilenceBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(self, metadata: MetadataStore, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._clock = clock
        self._kept: Kept[str, list[Silence]] = Kept(self._read, counter=metadata.change_counter)

    def forget(self) -> None:
        """A project was deleted: all are read anew."""
        self._kept.forget()

    def silences(self, project: str) -> list[Silence]:
        """Latest end first."""
        return self._kept.of(project)

    def silence(self, project: str, silence_id: str) -> Silence | None:
        return next((one for one in self.silences(project) if one.id == silence_id), None)

    def standing(self, project: str) -> list[Silence]:
        """Those that are not over."""
        now = self._clock()
        return [one for one in self.silences(project) if one.end_ns > now]

    def add(self, project: str, draft: SilenceDraft, *, by: str) -> Silence:
        """Raises SilenceInvalid."""
        if len(self.standing(project)) >= SILENCES_KEPT:
            raise SilenceInvalid("matchers", expected=f"at most {SILENCES_KEPT} silences at a time")
        _check(draft, now_ns=self._clock())
        made = Silence(
            project=project,
            id=secrets.token_hex(8),
            matchers=tuple(_matcher(one) for one in draft.matchers),
            start_ns=draft.start_ns,
            end_ns=draft.end_ns,
            reason=draft.reason,
            by=by,
            maintenance=draft.maintenance,
            created_ns=self._clock(),
        )
        return self._save(made)

    def change(self, project: str, silence_id: str, draft: SilenceDraft, /, *, by: str) -> Silence | None:
        """None where there is none. Raises SilenceInvalid, also for one that is over."""
        before = self.silence(project, silence_id)
        if before is None:
            return None
        if before.end_ns <= self._clock():
            raise SilenceInvalid("end", expected="a silence that is not over: make a new one")
        _check(draft, now_ns=self._clock())
        return self._save(
            replace(
                before,
                matchers=tuple(_matcher(one) for one in draft.matchers),
                start_ns=draft.start_ns,
                end_ns=draft.end_ns,
                reason=draft.reason,
                by=by,
                maintenance=draft.maintenance,
            )
        )

    def end(self, project: str, silence_id: str) -> Silence | None:
        """Now. One that is over stays as it is; None where there is none."""
        found = self.silence(project, silence_id)
        now = self._clock()
        if found is None or found.end_ns <= now:
            return found
        return self._save(replace(found, end_ns=now, start_ns=min(found.start_ns, now)))

    def _save(self, silence: Silence) -> Silence:
        silence = replace(silence, updated_ns=self._clock())
        record = as_record(
            silence, project=silence.project, kind=KIND, record_id=silence.id, at_ns=silence.updated_ns
        )
        self._metadata.save_records([record])
        self._kept.forget()
        return silence

    def _read(self, project: str) -> list[Silence]:
        found = [read_record(Silence, record) for record in self._metadata.records(project, KIND)]
        return sorted(found, key=lambda one: (-one.end_ns, one.id))


def _check(draft: SilenceDraft, *, now_ns: int) -> None:
    if not draft.matchers:
        raise SilenceInvalid(
            "matchers", expected="at least one: a silence of everything is said by agent ~ *"
        )
    if draft.end_ns <= draft.start_ns:
        raise SilenceInvalid("end", expected="a time after the start")
    if draft.end_ns <= now_ns:
        raise SilenceInvalid("end", expected="a time to come")
    if draft.end_ns - draft.start_ns > LONGEST_NS:
        raise SilenceInvalid("end", expected="at most a year after the start")
    if not draft.reason.strip():
        raise SilenceInvalid("reason", expected="why, in a few words")


def _matcher(said: tuple[str, str, str]) -> Matcher:
    field, op, value = said
    if field not in FIELDS and not field.startswith("facts."):
        raise SilenceInvalid(
            "matchers", expected=f"a field of {', '.join(FIELDS)} or facts.<name>, not {field!r}"
        )
    try:
        return Matcher(field=field, op=MatchOp(op), value=value)
    except ValueError:
        raise SilenceInvalid("matchers", expected=f"= != or ~, not {op!r}") from None
