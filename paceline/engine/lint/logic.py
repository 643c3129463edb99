"""Can a condition of a credit rule ever hold, and does one rule take all that another takes?

A condition is brought into a list of cases (or-ed), each a list of plain tests (and-ed). A case is
impossible when its tests on one column exclude each other: a text that is two texts, a number above
10 and below 5. Tests that are not of a column against fixed values are taken as possible, so an
answer "never" is certain and "maybe" is all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from paceline.engine.formula.tree import Call, Name, Node, Value

MAX_CASES = 256
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in"}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

Test = tuple[Node, bool]  # a part of the formula, and whether it must hold


class _TooManyCases(Exception):
    pass


def never_holds(condition: Node) -> bool:
    """Whether no line at all can meet the condition. False when that cannot be shown."""
    try:
        return not any(_is_possible(case) for case in _cases(condition, wanted=True))
    except _TooManyCases:
        return False


def takes_all_of(wide: Node | None, narrow: Node | None) -> bool:
    """Whether every line that `narrow` takes is taken by `wide` too (None takes every line)."""
    if wide is None:
        return True
    if narrow is None:
        narrow = Value("boolean", value=True)
    try:
        outside = _cases(wide, wanted=False)
        inside = _cases(narrow, wanted=True)
        if len(outside) * len(inside) > MAX_CASES:
            return False
        return not any(_is_possible([*a, *b]) for a in inside for b in outside)
    except _TooManyCases:
        return False


def _cases(node: Node, *, wanted: bool) -> list[list[Test]]:
    if isinstance(node, Call):
        if node.operation == "not":
            return _cases(node.arguments[0], wanted=not wanted)
        if node.operation in {"and", "or"}:
            parts = [_cases(part, wanted=wanted) for part in node.arguments]
            if (node.operation == "or") == wanted:
                return _bounded([case for part in parts for case in part])
            found: list[list[Test]] = [[]]
            for part in parts:
                found = _bounded([[*case, *more] for case in found for more in part])
            return found
    return [[(node, wanted)]]


def _bounded(cases: list[list[Test]]) -> list[list[Test]]:
    if len(cases) > MAX_CASES:
        raise _TooManyCases
    return cases


@dataclass
class _Column:
    """What the tests of one case leave of a column's values."""

    allowed: set[Any] | None = None
    excluded: set[Any] = field(default_factory=set)
    above: Any = None
    below: Any = None
    open_above: bool = False
    open_below: bool = False

    def narrow(self, operation: str, values: list[Any]) -> None:
        if operation in {"=", "in"}:
            self.allowed = set(values) if self.allowed is None else self.allowed & set(values)
        elif operation in {"!=", "not in"}:
            self.excluded |= set(values)
        elif operation in {">", ">="}:
            is_open = operation == ">"
            if (
                self.above is None
                or values[0] > self.above
                or (values[0] == self.above and is_open)
            ):
                self.above, self.open_above = values[0], is_open
        else:
            is_open = operation == "<"
            if (
                self.below is None
                or values[0] < self.below
                or (values[0] == self.below and is_open)
            ):
                self.below, self.open_below = values[0], is_open

    def is_possible(self) -> bool:
        if self.allowed is not None:
            return any(self._fits(value) for value in self.allowed - self.excluded)
        if self.above is None or self.below is None:
            return True
        if self.above == self.below:
            closed = not (self.open_above or self.open_below)
            return closed and self.above not in self.excluded
        return bool(self.above < self.below)

    def _fits(self, value: Any) -> bool:
        if self.above is not None and (
            value < self.above or (self.open_above and value == self.above)
        ):
            return False
        return not (
            self.below is not None
            and (value > self.below or (self.open_below and value == self.below))
        )


def _is_possible(case: Iterable[Test]) -> bool:
    columns: dict[str, _Column] = {}
    others: dict[str, bool] = {}
    for node, wanted in case:
        if isinstance(node, Value):
            if bool(node.value) != wanted:
                return False
            continue
        plain = next(_plain(node, wanted), None)
        if plain is not None:
            name, operation, values = plain
            columns.setdefault(name, _Column()).narrow(operation, values)
        elif others.setdefault(repr(node), wanted) != wanted:
            return False
    return all(column.is_possible() for column in columns.values())


def _plain(node: Node, wanted: bool) -> Iterator[tuple[str, str, list[Any]]]:  # noqa: FBT001 -- one of the pair of a test
    """A test as column, operation and fixed values, if it is one."""
    if not isinstance(node, Call) or node.operation not in _OPPOSITE:
        return
    first, *rest = node.arguments
    operation = node.operation
    if isinstance(first, Value) and len(rest) == 1 and isinstance(rest[0], Name):
        if operation == "in":
            return
        first, rest, operation = rest[0], [first], _MIRRORED[operation]
    if isinstance(first, Name) and all(isinstance(one, Value) for one in rest):
        values = [one.value for one in rest if isinstance(one, Value)]
        yield first.name, operation if wanted else _OPPOSITE[operation], values
