"""Findings about components that pull in opposite directions: one pays for what another costs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

from paceline.engine.formula.tree import Call, Name, Node, Value, names_in
from paceline.engine.lint.findings import Finding
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import Subject

Pull = Literal["up", "down", "none", "unknown"]
_TURNED: dict[Pull, Pull] = {"up": "down", "down": "up", "none": "none", "unknown": "unknown"}


def opposed(subjects: tuple[Subject, ...]) -> Iterator[Finding]:
    """Pairs of components of which one pays more, the other less, as a column of a line rises."""
    pulling = [one for one in subjects if one.measure.of is not None and _rises(one)]
    for first, second in combinations(pulling, 2):
        for column in sorted(_columns(first) & _columns(second)):
            pulls = {pull_of(_root(one), column) for one in (first, second)}
            if pulls != {"up", "down"}:
                continue
            params: dict[str, str | int] = {
                "component": first.component.id,
                "other": second.component.id,
                "column": column,
            }
            yield Finding(
                "components_opposed", "warning", second.component.clause,
                message("components_opposed", {}, params), params=params,
                basis=(first.component.id, str(first.measure.of and first.measure.of.text),
                       second.component.id, str(second.measure.of and second.measure.of.text)),
            )  # fmt: skip
            break


def _rises(subject: Subject) -> bool:
    """Whether the component pays more for more of its measure: by its rates, or by a threshold."""
    rises = any(one.slope > 0 for one in subject.stretches)
    return rises or any(jump.size > 0 for jump, _ in subject.jumps())


def _root(subject: Subject) -> Node:
    assert subject.measure.of is not None  # noqa: S101 -- only those with a formula are asked
    return subject.measure.of.root


def _columns(subject: Subject) -> set[str]:
    return names_in(_root(subject))


def pull_of(node: Node, column: str) -> Pull:  # noqa: PLR0911 -- one return a kind of operation
    """Which way a formula goes when a column rises and all else stays."""
    if isinstance(node, Value) or column not in names_in(node):
        return "none"
    if isinstance(node, Name):
        return "up"
    parts = [pull_of(part, column) for part in node.arguments]
    match node.operation:
        case "+" | "min" | "max" | "given":
            return _together(parts)
        case "-":
            return _together([parts[0], *(_TURNED[part] for part in parts[1:])])
        case "negative":
            return _TURNED[parts[0]]
        case "*":
            return _product(node, parts)
        case "if":
            return _together(parts[1:]) if parts[0] == "none" else "unknown"
    return "unknown"


def _product(node: Call, parts: list[Pull]) -> Pull:
    """A product with a fixed factor goes the way of the other one, or against it."""
    for factor, other in ((node.arguments[0], parts[1]), (node.arguments[1], parts[0])):
        if isinstance(factor, Value) and not isinstance(factor.value, str | bool):
            sign = factor.value
            return "none" if not sign else other if str(sign)[0] != "-" else _TURNED[other]
    return "unknown"


def _together(parts: list[Pull]) -> Pull:
    ways = set(parts) - {"none"}
    if not ways:
        return "none"
    return ways.pop() if len(ways) == 1 else "unknown"
