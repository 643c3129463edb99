"""Guarantees and draws on a statement: what each was made from, and why others lifted nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from paceline.incentives import settled_words as words
from paceline.incentives.calculation.minimums import Explanation, Rejection
from paceline.kernel import formats


def reasons_of(tree: Explanation | None) -> dict[str, str]:
    """What each guarantee and draw was made from, by its clause."""
    return {
        node.clause: _made_from(node)
        for node in (tree.children if tree is not None else ())
        if node.kind == "minimum"
    }


def alternatives_of(tree: Explanation | None) -> Iterator[tuple[str, str]]:
    """The clauses of guarantees and draws that did not lift pay to their minimum, and why."""
    if tree is None:
        return
    for node in tree.children:
        for one in node.rejected:
            yield one.clause, _why_not(one, tree.currency or "")
    for one in tree.rejected:
        yield one.clause, _why_not(one, tree.currency or "")


def _made_from(node: Explanation) -> str:
    known = _amounts(node.inputs, node.currency or "")
    text = _("At least %(minimum)s; %(due_before)s was due.") % known
    if node.inputs.get("limit") is not None:
        text += " " + _("%(owed_before)s was owed already, of at most %(limit)s.") % known
    return text


def _why_not(one: Rejection, currency: str) -> str:
    known = _amounts({**one.inputs, "missing": one.missing}, currency)
    if one.reason == "minimum_not_needed":
        return _("Not needed: %(due)s was due, %(missing)s above the minimum.") % known
    if one.reason == "limit_reached":
        return _("The limit of %(limit)s kept %(missing)s from being drawn.") % known
    if one.reason == "nothing_agreed":
        return _("Nothing is agreed with this payee.")
    span = {
        name: words.period_of(one.inputs[name]) if one.inputs[name] else ""
        for name in ("first", "last")
    }
    if span["last"]:
        return _("It runs from %(first)s through %(last)s.") % span
    return _("It runs from %(first)s on.") % span


def _amounts(inputs: Any, currency: str) -> dict[str, str]:
    return {
        name: formats.money(value, currency)
        for name, value in inputs.items()
        if isinstance(value, Decimal)
    }
