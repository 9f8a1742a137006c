"""A rubric: the question a judge is asked about a run, and the answers it may give."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadworthy.domain.failure_mode import BY_ID as FAILURE_MODES

PLACEHOLDERS = ("input", "answer", "tools", "reference", "conversation")
"""What a template may name; each is put in as data, fenced off from the instructions."""
TEMPLATE_LIMIT = 20_000
LABELS_LIMIT = 24
MEANING_LIMIT = 500
_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*)\}")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{0,59}")
RESERVED = "unknown"
"""Label of a verdict that could not be had; no rubric may use it."""


class RubricInvalid(ValueError):  # noqa: N818 (the caller's mistake, not a bug)
    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """`value` lies in [0, 1], 1 being best; None for a label that is no number (not applicable). `mode` is
    the failure mode a run with this label has, "" for none."""

    name: str
    value: float | None
    meaning: str
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """`version` rises when the template or the labels change. `template` is the question, with places such as
    {answer}; braces that are meant as braces are doubled where they would read as a place."""

    id: str
    title: str
    template: str
    labels: tuple[Label, ...]
    version: int = 1
    description: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", self.id):
            raise RubricInvalid("id", expected="lower-case letters, digits, - and _, at most 64")
        if not self.template.strip() or len(self.template) > TEMPLATE_LIMIT:
            raise RubricInvalid("template", expected=f"1 to {TEMPLATE_LIMIT} characters")
        strangers = [name for name in self.places if name not in PLACEHOLDERS]
        if strangers:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise RubricInvalid("template", expected=f"no place {{{strangers[0]}}}; there are {known}")
        if not set(self.places) & {"answer", "tools", "conversation"}:
            raise RubricInvalid("template", expected="must name {answer}, {tools} or {conversation}")
        self._check_labels()

    def _check_labels(self) -> None:
        names = [label.name.strip().lower() for label in self.labels]
        if not 2 <= len(names) <= LABELS_LIMIT or len(set(names)) != len(names):
            raise RubricInvalid("labels", expected=f"2 to {LABELS_LIMIT} different ones")
        for place, label in enumerate(self.labels):
            if not _LABEL.fullmatch(label.name):
                raise RubricInvalid(
                    f"labels.{place}.name", expected="a letter, then letters, digits, _ - space"
                )
            if label.name.lower() == RESERVED:
                raise RubricInvalid(f"labels.{place}.name", expected=f"{RESERVED!r} is ours")
            if len(label.meaning) > MEANING_LIMIT:
                raise RubricInvalid(f"labels.{place}.meaning", expected=f"at most {MEANING_LIMIT} characters")
            if label.value is not None and not 0 <= label.value <= 1:
                raise RubricInvalid(f"labels.{place}.value", expected="between 0 and 1, or none")
            if label.mode and label.mode not in FAILURE_MODES:
                raise RubricInvalid(f"labels.{place}.mode", expected="the id of a failure mode, or none")

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the places in the template, each once."""
        found = (match.group(1) for match in _PLACE.finditer(self.template))
        return tuple(dict.fromkeys(name for name in found if name))

    @property
    def needs_reference(self) -> bool:
        return "reference" in self.places

    @property
    def pairwise(self) -> bool:
        """Whether it asks which of two is better: {answer} is then the first, {reference} the second."""
        names = {label.name for label in self.labels}
        return names == {"first", "second", "tie"} and {"answer", "reference"} <= set(self.places)

    def fill(self, values: dict[str, str]) -> str:
        """The template with `values` in its places; what a value holds is not looked into again."""

        def put(match: re.Match[str]) -> str:
            name = match.group(1)
            return values[name] if name else match.group()[0]

        return _PLACE.sub(put, self.template)

    def label(self, said: str) -> Label | None:
        """The label of that name, whatever its case."""
        wanted = " ".join(said.replace("_", " ").lower().split())
        return next((one for one in self.labels if one.name.replace("_", " ").lower() == wanted), None)
