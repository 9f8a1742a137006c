"""Patterns of CODEOWNERS: gitignore's, without negation and character classes.

Matched segment by segment without going back and forth, so that no pattern is slow.
"""

from __future__ import annotations

from dataclasses import dataclass

_ANY_DEPTH = "**"
_INSIDE = "\0"
"""A file in a directory that no pattern names: only wildcards match it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPattern:
    text: str
    """As it was written."""
    segments: tuple[str, ...]

    @classmethod
    def of(cls, text: str, *, anywhere: bool = False) -> PathPattern:
        """`anywhere`: a pattern without a leading slash matches at any depth (GitLab); else only one without
        any slash inside does (GitHub)."""
        body = text.strip("/")
        parts = [part for part in body.split("/") if part]
        rooted = text.startswith("/") or (not anywhere and len(parts) > 1)
        if not rooted and parts[:1] != [_ANY_DEPTH]:
            parts = [_ANY_DEPTH, *parts]
        # What matches a directory matches all in it; a wildcard at the end is for what is right there.
        if parts and parts[-1] != _ANY_DEPTH and (text.endswith("/") or "*" not in parts[-1] or body == "*"):
            parts.append(_ANY_DEPTH)
        return cls(text=text, segments=tuple(parts))

    def matches(self, path: str) -> bool:
        """Of a path from the root of the repository; one that ends in "/" stands for the files in it."""
        names = [name for name in path.split("/") if name]
        if path.endswith("/"):
            names.append(_INSIDE)
        # reachable: how many names the segments so far may have taken.
        reachable = {0}
        for segment in self.segments:
            if segment == _ANY_DEPTH:
                reachable = set(range(min(reachable), len(names) + 1)) if reachable else set()
            else:
                reachable = {
                    taken + 1 for taken in reachable if taken < len(names) and _matches(segment, names[taken])
                }
        return len(names) in reachable


def _matches(segment: str, name: str) -> bool:
    """`*` any run of characters, `?` any one, a backslash takes the next as it is."""
    at, place = 0, 0
    star, star_at = -1, 0
    while at < len(name):
        escaped = place + 1 < len(segment) and segment[place] == "\\"
        literal = segment[place + 1] if escaped else segment[place] if place < len(segment) else ""
        if place < len(segment) and segment[place] == "*":
            star, star_at = place, at
            place += 1
        elif literal and (literal == name[at] or (literal == "?" and not escaped)):
            place, at = place + (2 if escaped else 1), at + 1
        elif star >= 0:
            star_at += 1
            place, at = star + 1, star_at
        else:
            return False
    return all(char == "*" for char in segment[place:])


def agent_in(pattern: str, *, template: str) -> str:
    """The name that a pattern without wildcards has where the template has {agent}; "" where it has none."""
    before, _, after = template.strip("/").partition("{agent}")
    body = pattern.strip("/")
    if not body.startswith(before) or "*" in body or "?" in body:
        return ""
    rest = body[len(before) :]
    name, slash, deeper = rest.partition("/")
    if after.strip("/"):
        return name if slash and f"/{deeper}".rstrip("/") == after.rstrip("/") else ""
    return "" if slash else name
