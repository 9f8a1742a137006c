"""Elements of an XML file as rows: attributes and texts, those within by their path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from roadworthy.features.gateway.connectors.batch.formats.row import Bad, FileBroken, Row
from roadworthy.features.gateway.connectors.settings.batch import XmlFormat

_DEPTH = 100


def rows_of(path: Path, settings: XmlFormat) -> Iterator[Row | Bad]:
    """Entities and external references are refused; what was read is let go. Raises FileBroken where it is
    not well-formed, as a file that is cut off is."""
    wanted = settings.row.strip("/").split("/")
    trail: list[Any] = []
    number = 0
    try:
        for event, element in iterparse(str(path), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                trail.append(element)
                if len(trail) > _DEPTH:
                    raise FileBroken(f"nested deeper than {_DEPTH} elements")
                continue
            names = [_plain(one.tag) for one in trail]
            trail.pop()
            if names[-len(wanted) :] == wanted:
                number += 1
                yield Row(number, dict(_values(element, "")))
                element.clear()
                if trail:
                    trail[-1].remove(element)
    except ParseError as fault:
        raise FileBroken(f"no well-formed XML: {fault}") from None
    except DefusedXmlException:
        raise FileBroken("it defines entities or a document type, which are not read") from None


def _plain(tag: str) -> str:
    """Without its namespace."""
    return tag.rpartition("}")[2]


def _values(element: Any, before: str) -> Iterator[tuple[str, str | None]]:
    for name, value in element.attrib.items():
        yield f"{before}{_plain(name)}", value
    seen: dict[str, int] = {}
    for child in element:
        name = f"{before}{_plain(child.tag)}"
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name}_{seen[name]}"
        if len(child) or child.attrib:
            yield from _values(child, f"{name}_")
        if not len(child):
            yield name, (child.text or "").strip() or None
