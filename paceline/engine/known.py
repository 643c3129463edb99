"""Which clauses the explaining modules understand; of all others they say so instead of guessing.

What a component came to can be told of every kind (`is_told`); what one more order would do only of
those whose pay can be made again from a payee's own figures (`is_explained`).

A clause is understood when its kind is one of those listed here and every field that was not there
when this was written has its default value. A newer clause therefore never gets an old explanation:
it is calculated by the engine as always, and told as "not explained further".
"""

from __future__ import annotations

import dataclasses
from typing import Any

from paceline.engine.plan.model import Component, Condition, Credit, Measure, Plan, RateTable

NOT_EXPLAINED = "not_explained_further"

_KINDS: dict[type, frozenset[str]] = {
    Component: frozenset({"commission", "bonus", "override"}),
    Credit: frozenset({"direct", "rollup"}),
    Measure: frozenset({"sum", "count"}),
}
_FIELDS: dict[type, frozenset[str]] = {
    Component: frozenset(
        {"id", "name", "kind", "measure", "rates", "amount", "when", "cap", "floor", "clause"}
    ),
    Credit: frozenset(
        {"id", "kind", "when", "of", "level_from", "level_through", "clause", "label"}
    ),
    Measure: frozenset({"id", "kind", "of", "credits", "clause", "label", "type"}),
    RateTable: frozenset({"reading", "on", "quota", "tiers", "clause"}),
    Condition: frozenset({"on", "subject", "at_least", "clause"}),
}


def is_known(clause: object) -> bool:
    """Whether a clause of the plan says nothing beyond what is understood here."""
    kind = type(clause)
    if kind not in _FIELDS:
        return False
    if kind in _KINDS and getattr(clause, "kind", "") not in _KINDS[kind]:
        return False
    return all(
        field.name in _FIELDS[kind] or getattr(clause, field.name) == _default(field)
        for field in dataclasses.fields(clause)  # type: ignore[arg-type]
    )


_TOLD_FIELDS = _FIELDS[Component] | {
    "target_share",
    "formula",
    "scorecard",
    "pool",
    "contest",
    "multipliers",
    "accumulation",
    "unit",
}


def is_told(component: Component) -> bool:
    """Whether everything that a component may say can be told, by its tiers, its parts or its
    figures.
    """
    return all(
        one.name in _TOLD_FIELDS or getattr(component, one.name) == _default(one)
        for one in dataclasses.fields(component)
    )


def is_explained(plan: Plan, component: Component) -> bool:
    """Whether a component and all that it stands on are understood."""
    parts: list[object] = [component]
    if component.rates is not None:
        parts.append(component.rates)
        if component.rates.reading not in {"slice", "whole"}:
            return False
        if component.rates.on not in {"attainment", "amount"}:
            return False
    if component.when is not None:
        parts.append(component.when)
        if component.when.on not in {"attainment", "measure"}:
            return False
    measures = [plan.measure(name) for name in measures_of(plan, component)]
    return all(is_known(part) for part in [*parts, *measures])


def measures_of(plan: Plan, component: Component) -> list[str]:
    """The measures that decide what a component pays: its own and that of its condition."""
    found = [component.measure] if component.measure else []
    if component.when is not None:
        subject = component.when.subject
        on_quota = component.when.on == "attainment"
        found.append(plan.quota(subject).measure if on_quota else subject)
    return list(dict.fromkeys(found))


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING
