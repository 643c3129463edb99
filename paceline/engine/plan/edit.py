"""Changing the text of a plan clause by clause, leaving every other character as it was written.

A form edits values, a person edits text, and both must work on one document. So nothing is read in
and written out again: an edit finds the characters of one clause and replaces those. Comments,
order, blank lines and quoting elsewhere stay. A comment directly above a list member belongs to it:
it moves and goes with it.

A path is a tuple of keys and positions from 0: `("components", 0, "rates", "tiers", 1, "rate")`.
Every function takes the text and returns the new text. `PlanInvalid` says that the text is no plain
YAML document, `PlaceUnknown` that there is no such place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from paceline.engine.errors import EngineError
from paceline.engine.plan.document import plain, read_document

Path = tuple[str | int, ...]
Content = str | Sequence["Content"] | Mapping[str, "Content"]

_FLOW_WIDTH = 72
# libyaml reads a plan in a tenth of the time; a build of PyYAML without it reads the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~][^\n]*")


class PlaceUnknown(EngineError):
    """The document has nothing at this path that could be edited in this way."""


def read(text: str) -> object:
    """The document as dicts, lists and text, each value as it is written."""
    return plain(read_document(text))


def set_value(text: str, path: Path, value: Content) -> str:
    """Write `value` at `path`; a missing key is added at the end of its mapping."""
    document = _Document.of(text)
    parent, last = document.find(path[:-1]), path[-1]
    if isinstance(parent, SequenceNode) and isinstance(last, int) and last < len(parent.value):
        old = parent.value[last]
        if isinstance(old, ScalarNode) and isinstance(value, str):
            return document.replace_scalar(old, value, flow=bool(parent.flow_style))
        return insert(remove(text, path), path[:-1], last, value)
    if not isinstance(parent, MappingNode) or not isinstance(last, str):
        raise PlaceUnknown(f"there is no {path}")
    for key, old in parent.value:
        if key.value == last:
            return document.replace_entry(parent, key, old, value)
    return document.add_entry(parent, last, value)


def rename(text: str, path: Path, key: str) -> str:
    """Give a key of a mapping another name; its value and its place stay."""
    document = _Document.of(text)
    parent = document.find(path[:-1])
    if not isinstance(parent, MappingNode):
        raise PlaceUnknown(f"{path[:-1]} is no mapping")
    place = _place(parent, path[-1], path)
    if any(other.value == key for other, _ in parent.value):
        raise PlaceUnknown(f"{key} is there already")
    return document.replace_scalar(parent.value[place][0], key, flow=bool(parent.flow_style))


def remove(text: str, path: Path) -> str:
    """Take a key or a list member out, with the comment lines directly above it."""
    document = _Document.of(text)
    parent, last = document.find(path[:-1]), path[-1]
    place = _place(parent, last, path)
    spans = [document.span_of(parent, place) for place in range(len(parent.value))]
    if parent.flow_style:
        start, end = spans[place]
        if place + 1 < len(spans):
            end = spans[place + 1][0]
        elif place:
            start = spans[place - 1][1]
        return text[:start] + text[end:]
    if len(spans) == 1:
        empty = "[]" if isinstance(parent, SequenceNode) else "{}"
        if not path[:-1]:
            return empty + "\n"
        if isinstance(path[-2], int):
            raise PlaceUnknown(f"{path} is the only thing that its list member says")
        return set_value(text, path[:-1], [] if isinstance(parent, SequenceNode) else {})
    first, after = document.lines_of(parent, place)
    if isinstance(parent, MappingNode) and place == 0 and document.starts_beside_dash(parent):
        # The first key stands beside the hyphen of its list member: the next key takes its place.
        start, following = spans[0][0], spans[1][0]
        return text[:start] + text[following:]
    return document.without(first, after)


def insert(text: str, path: Path, position: int, item: Content) -> str:
    """Put a new member into the list at `path`, before the member that is at `position` now."""
    document = _Document.of(text)
    parent = document.find(path)
    if not isinstance(parent, SequenceNode):
        raise PlaceUnknown(f"{path} is no list")
    if not parent.value:
        return set_value(text, path, [item])
    position = min(max(position, 0), len(parent.value))
    if parent.flow_style:
        words = _flow(item)
        if position < len(parent.value):
            start = document.span_of(parent, position)[0]
            return f"{text[:start]}{words}, {text[start:]}"
        end = document.span_of(parent, position - 1)[1]
        return f"{text[:end]}, {words}{text[end:]}"
    column = parent.start_mark.column
    if position < len(parent.value):
        line = document.lines_of(parent, position)[0]
    else:
        line = document.lines_of(parent, position - 1)[1]
    return document.with_lines(line, _member(item, column))


def move(text: str, path: Path, position: int, to: int) -> str:
    """Move a list member so that it comes to stand at position `to`."""
    document = _Document.of(text)
    parent = document.find(path)
    if not isinstance(parent, SequenceNode) or not 0 <= position < len(parent.value):
        raise PlaceUnknown(f"{path} has no member {position}")
    to = min(max(to, 0), len(parent.value) - 1)
    step = 1 if to > position else -1
    while position != to:
        text = _swap(text, path, min(position, position + step))
        position += step
    return text


def _swap(text: str, path: Path, place: int) -> str:
    document = _Document.of(text)
    parent = document.find(path)
    if parent.flow_style:
        (a, b), (c, d) = document.span_of(parent, place), document.span_of(parent, place + 1)
        return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
    first, middle = document.lines_of(parent, place)
    second, after = document.lines_of(parent, place + 1)
    lines = document.lines
    return "".join(
        [
            *lines[:first],
            *lines[second:after],
            *lines[middle:second],
            *lines[first:middle],
            *lines[after:],
        ]
    )


def _place(parent: Any, last: str | int, path: Path) -> int:
    if isinstance(parent, MappingNode):
        for place, (key, _) in enumerate(parent.value):
            if key.value == last:
                return place
    elif (
        isinstance(parent, SequenceNode) and isinstance(last, int) and 0 <= last < len(parent.value)
    ):
        return last
    raise PlaceUnknown(f"there is no {path}")


@dataclass(frozen=True)
class _Document:
    """The text with its nodes, which know the characters they were read from."""

    text: str
    root: Node
    lines: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=8)  # a form tries many changes of one text
    def of(cls, text: str) -> _Document:
        read_document(text)  # refuses aliases, depth and size before anything is built
        # libyaml does not count a byte order mark among the characters.
        root: Any = yaml.compose(text, yaml.SafeLoader if text.startswith("\ufeff") else _LOADER)
        if not text.endswith("\n"):
            text += "\n"
        return cls(text, root, tuple(text.splitlines(keepends=True)))

    def find(self, path: Path) -> Any:
        node: Any = self.root
        for key in path:
            place = _place(node, key, path)
            node = node.value[place][1] if isinstance(node, MappingNode) else node.value[place]
        return node

    def end_of(self, node: Any) -> int:
        """Where the node's own characters end: a block's mark lies behind the comments after it."""
        if isinstance(node, ScalarNode):
            if node.style in ("|", ">"):
                return len(self.text[: node.end_mark.index].rstrip())
            return int(node.end_mark.index)
        if node.flow_style or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        if not isinstance(last, tuple):
            return self.end_of(last)
        key, value = last
        end = self.end_of(value)
        return end if end > key.end_mark.index else self._after_colon(key)

    def _after_colon(self, key: Node) -> int:
        return self.text.index(":", key.end_mark.index) + 1

    def span_of(self, parent: Any, place: int) -> tuple[int, int]:
        member = parent.value[place]
        if isinstance(member, tuple):
            key, value = member
            return key.start_mark.index, max(self.end_of(value), self._after_colon(key))
        return member.start_mark.index, self.end_of(member)

    def lines_of(self, parent: Any, place: int) -> tuple[int, int]:
        """First line, with the comments directly above, and the line after the last."""
        member = parent.value[place]
        column = parent.start_mark.column
        if isinstance(member, tuple):
            first = member[0].start_mark.line
        else:
            first = member.start_mark.line
            while self.lines[first][column : column + 1] != "-":
                first -= 1
        end = self.text.count("\n", 0, self.span_of(parent, place)[1]) + 1
        above = 0 if place == 0 else self.lines_of(parent, place - 1)[1]
        while first > above and self.lines[first - 1].lstrip().startswith("#"):
            if place == 0 and first - 1 < parent.start_mark.line and column == 0:
                break  # the comment at the head of the file is the plan's
            first -= 1
        return first, end

    def starts_beside_dash(self, mapping: MappingNode) -> bool:
        line = self.lines[mapping.start_mark.line]
        return bool(line[: mapping.start_mark.column].strip().startswith("-"))

    def without(self, first: int, after: int) -> str:
        return "".join([*self.lines[:first], *self.lines[after:]])

    def with_lines(self, line: int, new: str) -> str:
        return "".join([*self.lines[:line], new, *self.lines[line:]])

    def replace_scalar(self, old: ScalarNode, value: str, *, flow: bool) -> str:
        start, end = old.start_mark.index, self.end_of(old)
        words = _scalar(value, flow=flow, style=old.style)
        if start == end and self.text[start - 1 : start] == ":":
            words = f" {words}"
        return self.text[:start] + words + self.text[end:]

    def replace_entry(self, parent: MappingNode, key: Node, old: Node, value: Content) -> str:
        flow = bool(parent.flow_style)
        if isinstance(old, ScalarNode) and isinstance(value, str):
            if old.start_mark.index < self._after_colon(key):
                at = self._after_colon(key)
                return f"{self.text[:at]} {_scalar(value, flow=flow)}{self.text[at:]}"
            return self.replace_scalar(old, value, flow=flow)
        start = key.start_mark.index
        end = max(self.end_of(old), self._after_colon(key))
        words = (
            _flow({key.value: value})[1:-1]
            if flow
            else _entry(key.value, value, parent.start_mark.column)
        )
        return self.text[:start] + words.strip() + self.text[end:]

    def add_entry(self, parent: MappingNode, key: str, value: Content) -> str:
        words = _flow({key: value})[1:-1]
        if parent.flow_style and parent.value:
            end = self.span_of(parent, len(parent.value) - 1)[1]
            return f"{self.text[:end]}, {words}{self.text[end:]}"
        if parent.flow_style:
            start, end = parent.start_mark.index, parent.end_mark.index
            return f"{self.text[:start]}{{{words}}}{self.text[end:]}"
        line = self.lines_of(parent, len(parent.value) - 1)[1]
        column = parent.start_mark.column
        return self.with_lines(line, " " * column + _entry(key, value, column) + "\n")


def _scalar(value: str, *, flow: bool = False, style: str | None = None) -> str:
    """Text as YAML, in the style it had before if that can hold it."""
    if "\n" in value or style == '"' or any(not character.isprintable() for character in value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    quoted = "'" + value.replace("'", "''") + "'"
    if style == "'" or not _PLAIN.fullmatch(value) or value != value.strip():
        # A number with a sign is safe without quotes though it begins with a hyphen.
        return value if re.fullmatch(r"-[0-9.]+%?", value) and style != "'" else quoted
    if (
        ": " in value
        or value.endswith(":")
        or " #" in value
        or (flow and re.search(r"[,\[\]{}]", value))
    ):
        return quoted
    return value


def _flow(value: Content) -> str:
    if isinstance(value, str):
        return _scalar(value, flow=True)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{_scalar(k, flow=True)}: {_flow(v)}" for k, v in value.items()) + "}"
        )
    return "[" + ", ".join(_flow(item) for item in value) + "]"


def _is_short(value: Content) -> bool:
    """Whether a value reads well on one line: no nesting, no id of its own, not long."""
    if isinstance(value, str) or not value:
        return True
    parts = value.values() if isinstance(value, Mapping) else value
    named = isinstance(value, Mapping) and "id" in value
    return (
        not named
        and all(isinstance(part, str) for part in parts)
        and len(_flow(value)) <= _FLOW_WIDTH
    )


def _entry(key: str, value: Content, column: int) -> str:
    """`key: value` without its own indentation and without a line end."""
    if isinstance(value, str):
        return f"{_scalar(key)}: {_scalar(value)}"
    if _is_short(value):
        return f"{_scalar(key)}: {_flow(value)}"
    inner = column + 2
    if isinstance(value, Mapping):
        body = "".join(" " * inner + _entry(k, v, inner) + "\n" for k, v in value.items())
    else:
        body = "".join(_member(item, inner) for item in value)
    return f"{_scalar(key)}:\n{body.rstrip()}"


def _member(item: Content, column: int) -> str:
    """A list member with its hyphen, as whole lines."""
    if _is_short(item):
        return f"{' ' * column}- {_flow(item) if not isinstance(item, str) else _scalar(item)}\n"
    inner = column + 2
    if isinstance(item, Mapping):
        entries = [_entry(key, value, inner) for key, value in item.items()]
        return f"{' ' * column}- " + f"\n{' ' * inner}".join(entries) + "\n"
    if isinstance(item, str):
        return f"{' ' * column}- {_scalar(item)}\n"
    return f"{' ' * column}- {_flow(item)}\n"
