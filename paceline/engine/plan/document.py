"""Reading the YAML of a plan into nodes that know their place.

Only the part of YAML that a plan needs is accepted: mappings, lists and plain text. Anchors,
aliases, tags, several documents and duplicate keys are refused, and depth and size are bounded
while reading, so that no document can grow or nest beyond what is on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml
from yaml.error import MarkedYAMLError, YAMLError

from paceline.engine.errors import PlanInvalid, Problem

MAX_CHARACTERS = 200_000
MAX_DEPTH = 16
MAX_NODES = 10_000
MAX_SCALAR = 4_000
# libyaml reads a plan in a tenth of the time; a build of PyYAML without it reads the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Scalar:
    """Text as written; `quoted` tells "1" from 1."""

    text: str
    line: int
    column: int
    quoted: bool = False


@dataclass(frozen=True)
class Mapping:
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Sequence:
    items: tuple[Node, ...] = ()
    line: int = 1
    column: int = 1


Node = Scalar | Mapping | Sequence


def read_document(text: str, *, name: str = "") -> Node:
    """The document's root node. Raises PlanInvalid for any text that is not a plain YAML
    document; `name` is the file named in its problems.
    """
    try:
        return _read(text)
    except PlanInvalid as error:
        raise PlanInvalid(replace(one, source=name) for one in error.problems) from None


@lru_cache(maxsize=32)
def _read(text: str) -> Node:
    """A form reads, changes and checks one text many times, and nodes never change."""
    if len(text) > MAX_CHARACTERS:
        raise _invalid(
            "document_too_long",
            f"the plan has more than {MAX_CHARACTERS} characters; keep long lists of rates as rows "
            "of a table, or split the plan into several",
            (text, MAX_CHARACTERS),
            limit=MAX_CHARACTERS,
        )
    place = next(
        (at for at, c in enumerate(text) if not (c.isprintable() or c in "\t\r\n\ufeff")), None
    )
    if place is not None:
        raise _invalid(
            "character_unprintable",
            f"the plan contains the unprintable character U+{ord(text[place]):04X}",
            (text, place),
            character=f"U+{ord(text[place]):04X}",
        )
    try:
        return _Reader(text).read()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PlanInvalid(
            [
                Problem(
                    "document_malformed",
                    f"this is not YAML: {error.problem or error.context}",
                    line=mark.line + 1 if mark else 1,
                    column=mark.column + 1 if mark else 1,
                    params={"detail": str(error.problem or error.context)},
                )
            ]
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise _invalid(
            "document_malformed", "this is not YAML", (text, 0), detail=type(error).__name__
        ) from None


def _invalid(code: str, message: str, place: tuple[str, int], **params: str | int) -> PlanInvalid:
    """A text that cannot be used from some character on, which has its line and column."""
    text, at = place
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return PlanInvalid([Problem(code, message, line=line, column=column, params=params)])


class _Reader:
    """Turns the parser's events into nodes, with its own bounds."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self.count = 0

    def read(self) -> Node:
        root: Node | None = None
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                raise self._refuse(event, "document_repeated", "a file holds one plan only")
            if kind in {
                "StreamStartEvent",
                "StreamEndEvent",
                "DocumentStartEvent",
                "DocumentEndEvent",
            }:
                continue
            root = self._node(event, 1)
        return root if root is not None else Mapping()

    def _node(self, event: Any, depth: int) -> Node:
        self.count += 1
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self._refuse(event, "alias_used", "anchors and aliases are not used in plans")
        if event.tag is not None and str(event.tag) not in {"!", "None"}:
            raise self._refuse(event, "tag_used", "tags are not used in plans")
        if self.count > MAX_NODES:
            raise self._refuse(
                event,
                "document_too_large",
                f"the plan has more than {MAX_NODES} parts; keep long lists of rates as rows of a "
                "table, or split the plan into several",
                limit=MAX_NODES,
            )
        if depth > MAX_DEPTH:
            raise self._refuse(
                event,
                "document_too_deep",
                f"the plan is nested deeper than {MAX_DEPTH} levels; no clause needs as many",
                limit=MAX_DEPTH,
            )
        if kind == "ScalarEvent":
            if len(event.value) > MAX_SCALAR:
                raise self._refuse(
                    event,
                    "text_too_long",
                    f"one text has more than {MAX_SCALAR} characters; shorten it, and take parts "
                    "of a formula out into measures of their own",
                    limit=MAX_SCALAR,
                )
            return Scalar(event.value, line, column, quoted=bool(event.style))
        if kind == "SequenceStartEvent":
            items = []
            while type(following := next(self.events)).__name__ != "SequenceEndEvent":
                items.append(self._node(following, depth + 1))
            return Sequence(tuple(items), line, column)
        return self._mapping(line, column, depth)

    def _mapping(self, line: int, column: int, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        while type(following := next(self.events)).__name__ != "MappingEndEvent":
            key = self._node(following, depth + 1)
            if not isinstance(key, Scalar):
                raise self._refuse(following, "key_malformed", "a key is a plain word")
            if key.text in entries:
                raise self._refuse(
                    following,
                    "key_repeated",
                    f"{key.text[:40]} is written twice here",
                    key=key.text[:40],
                )
            entries[key.text] = self._node(next(self.events), depth + 1)
            keys[key.text] = key
        return Mapping(entries, keys, line, column)

    def _refuse(self, event: Any, code: str, message: str, **params: str | int) -> PlanInvalid:
        mark = event.start_mark
        return PlanInvalid(
            [
                Problem(
                    code,
                    message,
                    line=mark.line + 1,
                    column=mark.column + 1,
                    params=params,
                )
            ]
        )


def plain(node: Node) -> object:
    """The document as dicts, lists and text: what is hashed, so that comments and layout do not
    count.
    """
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}
