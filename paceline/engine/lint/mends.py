"""The edit that would mend a finding, tried out before it is offered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from paceline.engine.errors import PlanInvalid
from paceline.engine.lint.findings import Edit, Mend
from paceline.engine.plan import edit
from paceline.engine.plan.model import Component, Credit, Plan
from paceline.engine.plan.parse import load_plan


def apply_mend(text: str, mend: Mend) -> str:
    """The text with the mend's edits made. Raises PlaceUnknown when a clause is not there."""
    for one in mend.edits:
        path = _path_of(text, one.clause)
        text = edit.remove(text, path) if one.value is None else edit.set_value(
            text, path, one.value
        )  # fmt: skip
    return text


def _path_of(text: str, clause: str) -> edit.Path:
    """The keys and positions behind a clause's path, in which members go by id or place."""
    node: Any = edit.read(text)
    path: list[str | int] = []
    for word in clause.split("/"):
        if isinstance(node, list):
            place = _position(node, word)
            node = node[place]
            path.append(place)
        else:
            node = node.get(word) if isinstance(node, dict) else None
            path.append(word)
    return tuple(path)


def _position(members: list[Any], word: str) -> int:
    for place, member in enumerate(members):
        if isinstance(member, dict) and str(member.get("id", "")).strip() == word:
            return place
    if word.isascii() and word.isdigit() and 1 <= int(word) <= len(members):
        return int(word) - 1
    raise edit.PlaceUnknown(f"the list has no {word}")


def tried(plan: Plan, code: str, *edits: Edit) -> Mend | None:
    """The mend, if the plan's own text can be read after it."""
    mend = Mend(code, edits)
    return mend if _holds(plan.text, mend) else None


@lru_cache(maxsize=256)
def _holds(text: str, mend: Mend) -> bool:
    if not text:
        return False
    try:
        load_plan(apply_mend(text, mend))
    except (PlanInvalid, edit.PlaceUnknown):
        return False
    return True


def into_slices(plan: Plan, component: Component) -> Mend | None:
    """Read the tiers slice by slice."""
    if component.rates is None:
        return None
    return tried(plan, "into_slices", Edit(f"{component.rates.clause}/reading", "slice"))


def without_cap(plan: Plan, component: Component) -> Mend | None:
    return tried(plan, "without_cap", Edit(f"{component.clause}/cap", None))


def without_condition(plan: Plan, component: Component) -> Mend | None:
    return tried(plan, "without_condition", Edit(f"{component.clause}/when", None))


def without_floor(plan: Plan, component: Component) -> Mend | None:
    return tried(plan, "without_floor", Edit(f"{component.clause}/floor", None))


def pay_from_the_start(plan: Plan, component: Component) -> Mend | None:
    """Give the first tier, which pays nothing, the rate of the second, and drop the second."""
    rates = component.rates
    if rates is None or len(rates.tiers) < 2 or rates.tiers[0].rate != 0:
        return None
    first, second = rates.tiers[:2]
    try:
        written = _written(plan.text, f"{second.clause}/rate")
    except edit.PlaceUnknown:
        return None
    edits = (Edit(f"{first.clause}/rate", written), Edit(second.clause, None))
    return tried(plan, "pay_from_the_start", *edits)


def without_tier(plan: Plan, component: Component, clause: str) -> Mend | None:
    """Drop a tier that pays nothing, so that the one below goes on."""
    rates = component.rates
    tiers = rates.tiers if rates is not None and rates.reading == "slice" else ()
    if not any(tier.clause == clause and tier.rate == 0 for tier in tiers[1:]):
        return None
    return tried(plan, "without_tier", Edit(clause, None))


def without_rule(plan: Plan, credit: Credit) -> Mend | None:
    """Take a credit rule out, and out of what draws on it."""
    edits = []
    for measure in plan.measures:
        rest = tuple(one for one in measure.credits if one != credit.id)
        if rest != measure.credits:
            edits.append(_listed(f"{measure.clause}/credits", rest))
    for rule in plan.credits:
        rest = tuple(one for one in rule.of if one != credit.id)
        if rest != rule.of:
            edits.append(_listed(f"{rule.clause}/of", rest))
    if any(one.value == () for one in edits):
        return None
    return tried(plan, "without_rule", *edits, Edit(credit.clause, None))


def _listed(clause: str, ids: tuple[str, ...]) -> Edit:
    return Edit(clause, ids[0] if len(ids) == 1 else ids)


def _written(text: str, clause: str) -> str:
    """A value as it is written."""
    node: Any = edit.read(text)
    for key in _path_of(text, clause):
        node = node[key]
    if not isinstance(node, str):
        raise edit.PlaceUnknown(clause)
    return node
