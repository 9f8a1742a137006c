"""YAML from people and their repositories, read without trust: plain values only.

No tags, no anchors or aliases (a few hundred bytes of them expand to gigabytes), no key twice, and dates stay
the text they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

MOST_BYTES = 1 << 20
_DEPTH = 60
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class YamlInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """Says where, and what was expected."""


if TYPE_CHECKING:
    _Base = yaml.SafeLoader
else:
    # The parser in C where PyYAML was built with it: six times faster.
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """Refuses what plain values do not need."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 (PyYAML's)
        seen: set[object] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            line = key.start_mark.line + 1
            if not isinstance(name, (str, int, float, bool)):
                raise YamlInvalid(f"line {line}: a key that is no plain value")
            if name in seen:
                raise YamlInvalid(f"line {line}: the key {name!r} comes twice")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in held if tag != _TIMESTAMP]
    for first, held in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_documents(text: str) -> list[Any]:
    """Each document of the file; empty ones are left out. Raises YamlInvalid."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise YamlInvalid(f"larger than {MOST_BYTES} bytes")
    try:
        _check(text)
        return [one for one in yaml.load_all(text, Loader=_Loader) if one is not None]
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlInvalid(f"{where}{fault.problem or 'not YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        if isinstance(fault, YamlInvalid):
            raise
        raise YamlInvalid(f"not YAML: {fault}") from None


def _check(text: str) -> None:
    """Before anything is built. Raises YamlInvalid."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.events.AliasEvent) or getattr(event, "anchor", None):
            raise YamlInvalid(f"line {line}: anchors and aliases are not read")
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                raise YamlInvalid(f"line {line}: nested deeper than {_DEPTH} levels")
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1


def write_documents(documents: list[dict[str, Any]]) -> str:
    """In the order of keys as given."""
    return str(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=100))
