"""CODEOWNERS files of GitHub and GitLab: who owns the paths that agents live at.

GitHub: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/
customizing-your-repository/about-code-owners. GitLab: https://docs.gitlab.com/user/project/codeowners/reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.features.registry.imports.path_pattern import PathPattern, agent_in
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.wish import Draft, ImportOptions, Wish
from roadworthy.features.registry.records import Kind

GITHUB, GITLAB = "github", "gitlab"
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)")
_WORD = re.compile(r"(?:\\.|\S)+")
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """Of rules of one section the last that matches counts. No owners: nobody owns what it matches."""

    pattern: PathPattern
    owners: tuple[str, ...]
    section: str
    line: int


def read_codeowners(text: str, names: KnownNames, options: ImportOptions) -> Draft:
    """Agents are those of `options.paths`, and where there is a template, all that are registered and all
    whose name a rule has at its place."""
    draft = Draft()
    rules = parse_rules(text, dialect=options.dialect)
    paths = dict(_paths(rules, names, options))
    if not paths:
        draft.refuse(
            "the request", field="paths", expected="paths of agents, or a template like agents/{agent}/"
        )
    for agent, path in paths.items():
        found = owners_of(rules, path)
        where = ", ".join(f"line {rule.line}" for rule in found) or f"path {path}"
        named = [name for rule in found for name in rule.owners]
        if not named:
            draft.notes.append(f"agent {agent!r}: nobody owns {path} here; it is left as it is")
            continue
        _wish(agent, named, where=where, names=names, draft=draft)
    return draft


def parse_rules(text: str, *, dialect: str = "") -> list[OwnerRule]:
    """A section's own owners stand in for those a rule of it does not name."""
    lines = text.removeprefix("\ufeff").splitlines()[:_MOST_LINES]
    sections = dialect != GITHUB and any(_SECTION.fullmatch(line.strip()) for line in lines)
    gitlab = dialect == GITLAB or (not dialect and sections)
    rules: list[OwnerRule] = []
    section, standing = "", tuple[str, ...]()
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        header = _SECTION.fullmatch(stripped) if sections else None
        if header:
            # Sections of one name are one, whatever its case; their own owners are those last named.
            section, standing = header[1].strip().casefold(), _owners(header[2])
            continue
        words = _WORD.match(stripped)
        if words is None or stripped.startswith("#"):
            continue
        owners = _owners(stripped[words.end() :])
        rules.append(
            OwnerRule(
                pattern=PathPattern.of(words[0], anywhere=gitlab),
                owners=owners or standing,
                section=section,
                line=number,
            )
        )
    return rules


def _owners(text: str) -> tuple[str, ...]:
    """Up to a comment."""
    found: list[str] = []
    for word in text.split():
        if word.startswith("#"):
            break
        if "@" in word:
            found.append(word)
    return tuple(found)


def owners_of(rules: list[OwnerRule], path: str) -> list[OwnerRule]:
    """The last rule of each section that matches the path; named sections first, for they say more."""
    last: dict[str, OwnerRule] = {}
    for rule in rules:
        if rule.pattern.matches(path):
            last[rule.section] = rule
    return sorted(last.values(), key=lambda rule: (not rule.section, rule.line))


def _paths(rules: list[OwnerRule], names: KnownNames, options: ImportOptions) -> Iterator[tuple[str, str]]:
    if "{agent}" in options.template:
        written = (agent_in(rule.pattern.text, template=options.template) for rule in rules)
        for agent in dict.fromkeys((*names.snapshot.agents, *(name for name in written if name))):
            yield agent, options.template.replace("{agent}", agent)
    yield from options.paths.items()


def _wish(agent: str, named: list[str], *, where: str, names: KnownNames, draft: Draft) -> None:
    """The first team and the first person are the owners; the others are noted."""
    fields: dict[str, str] = {}
    for name in dict.fromkeys(named):
        if name.startswith("@@"):
            draft.notes.append(f"agent {agent!r}: the role {name} is nobody in particular ({where})")
            continue
        kind, registered, email = _who(name, names)
        field = "team" if kind is Kind.TEAM else "owner"
        if field in fields:
            draft.notes.append(f"agent {agent!r}: {name} owns it, too ({where})")
            continue
        fields[field] = registered
        told = {"email": email} if email else {}
        draft.wishes.append(Wish(kind=kind, name=registered, fields=told, where=where, mentioned=True))
    if fields:
        draft.wishes.append(Wish(kind=Kind.AGENT, name=agent, fields=fields, where=where))


def _who(name: str, names: KnownNames) -> tuple[Kind, str, str]:
    """(team or contact, its name, e-mail address). A plain @name may be either: what is registered tells."""
    if not name.startswith("@"):
        return Kind.CONTACT, names.contact(name), name
    plain = name[1:]
    if "/" in plain:
        return Kind.TEAM, names.team(plain.rsplit("/", 1)[1]), ""
    team = names.team(plain)
    if team in names.snapshot.teams:
        return Kind.TEAM, team, ""
    return Kind.CONTACT, names.contact(plain), ""
