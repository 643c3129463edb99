"""Formulas read aloud, with the names of the measures; a long one is quoted as it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.incentives.calculation.documents import (
    Formula,
    FormulaCall,
    FormulaNode,
    FormulaValue,
    Plan,
    formula_nodes,
    formula_word,
)
from paceline.incentives.wording.names import component_named, named, quoted
from paceline.kernel import formats
from paceline.kernel.formats import listed

PARTS_MAX = 16  # a formula of more parts is easier to read as it is written

COLUMNS: Mapping[str, Callable[[], str]] = {
    "order_id": lambda: _("order number"),
    "ordered_on": lambda: _("day of the order"),
    "customer": lambda: _("customer"),
    "product": lambda: _("product"),
    "category": lambda: _("category"),
    "channel": lambda: _("channel"),
    "territory": lambda: _("territory"),
    "kind": lambda: _("kind of line"),
    "quantity": lambda: _("quantity"),
    "amount": lambda: _("amount"),
    "cost": lambda: _("cost"),
    "currency": lambda: _("currency"),
    "line_id": lambda: _("number of the line"),
    "payee_id": lambda: _("payee"),
}


def column_named(column: str) -> str:
    """A column of the order line; an attribute of the plan's own goes by the name it gave."""
    return COLUMNS[column]() if column in COLUMNS else quoted(column.replace("_", " "))


def over_lines(formula: Formula) -> str:
    """A formula over the columns of an order line."""
    return _aloud(formula, column_named)


def over_figures(plan: Plan, formula: Formula) -> str:
    """A formula over a payee's figures."""
    names = _figures(plan)
    return _aloud(formula, lambda name: names.get(name, quoted(name)))


def _figures(plan: Plan) -> dict[str, str]:
    found = {formula_word(measure.id): named(measure) for measure in plan.measures}
    for quota in plan.quotas:
        values = {"quota": named(quota)}
        word = formula_word(quota.id)
        found[f"{word}.attainment"] = _("attainment of %(quota)s") % values
        found[f"{word}.target"] = _("the target of %(quota)s") % values
    for component in plan.components:
        values = {"component": component_named(component)}
        found[f"{formula_word(component.id)}.earned"] = _("what %(component)s earned") % values
    return found


def _aloud(formula: Formula, name: Callable[[str], str]) -> str:
    if len(formula_nodes(formula.root)) > PARTS_MAX:
        return quoted(formula.text)
    return _said(formula.root, name)


def _said(node: FormulaNode, name: Callable[[str], str]) -> str:
    if isinstance(node, FormulaCall):
        return _call(node, name)
    if isinstance(node, FormulaValue):
        return _value(node)
    return name(node.name)


def _value(node: FormulaValue) -> str:
    value = node.value
    if isinstance(value, bool):
        return pgettext("formula", "true") if value else pgettext("formula", "false")
    if isinstance(value, str):
        return quoted(value)
    if node.type == "date":
        return formats.day(value)  # type: ignore[arg-type]
    if node.type == "percent":
        return formats.rate(value)  # type: ignore[arg-type]
    if node.currency:
        return formats.money(value, node.currency)  # type: ignore[arg-type]
    return formats.number(value)  # type: ignore[arg-type]


def _call(node: FormulaCall, name: Callable[[str], str]) -> str:
    first = node.arguments[0]
    if node.operation == "not" and isinstance(first, FormulaCall) and first.operation == "in":
        return _("%(a)s is none of %(list)s") % _membership(first, name)
    if node.operation == "in":
        return _("%(a)s is one of %(list)s") % _membership(node, name)
    said = [_inner(one, node, name) for one in node.arguments]
    if node.operation == "and":
        return pgettext("formula", " and ").join(said)
    if node.operation == "or":
        return pgettext("formula", " or ").join(said)
    return _OPERATIONS[node.operation]() % dict(zip("abc", said, strict=False))


def _membership(node: FormulaCall, name: Callable[[str], str]) -> dict[str, str]:
    said = [_inner(one, node, name) for one in node.arguments]
    return {"a": said[0], "list": listed(said[1:])}


def _inner(node: FormulaNode, outer: FormulaCall, name: Callable[[str], str]) -> str:
    """A part; one whose operation would run into the outer one stands in parentheses."""
    said = _said(node, name)
    if not isinstance(node, FormulaCall) or node.operation in {"abs", "negative", "min", "max"}:
        return said
    if node.operation in _PLAIN_INSIDE.get(outer.operation, ()):
        return said
    return pgettext("parentheses", "(%s)") % said


_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">=", "in", "not"})
_ARITHMETIC = frozenset({"+", "-", "*"})
# For each operation those that read plainly inside it.
_PLAIN_INSIDE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_COMPARISONS, _ARITHMETIC),
    "and": _COMPARISONS | {"and"},
    "or": _COMPARISONS | {"or"},
    "if": _COMPARISONS,
    "+": frozenset({"+", "*"}),
    "-": frozenset({"*"}),
}
_OPERATIONS: Mapping[str, Callable[[], str]] = {
    "+": lambda: "%(a)s + %(b)s",
    "-": lambda: "%(a)s − %(b)s",
    "*": lambda: "%(a)s × %(b)s",
    "negative": lambda: "−%(a)s",
    "not": lambda: _("not: %(a)s"),
    "=": lambda: _("%(a)s is %(b)s"),
    "!=": lambda: _("%(a)s is not %(b)s"),
    "<": lambda: _("%(a)s is below %(b)s"),
    "<=": lambda: _("%(a)s is at most %(b)s"),
    ">": lambda: _("%(a)s is above %(b)s"),
    ">=": lambda: _("%(a)s is at least %(b)s"),
    "min": lambda: _("the lesser of %(a)s and %(b)s"),
    "max": lambda: _("the greater of %(a)s and %(b)s"),
    "abs": lambda: _("%(a)s without its sign"),
    "if": lambda: _("%(b)s where %(a)s, otherwise %(c)s"),
    "divide": lambda: _("%(a)s ÷ %(b)s (%(c)s where that cannot be divided)"),
    "given": lambda: _("%(a)s (%(b)s where there is none)"),
}
