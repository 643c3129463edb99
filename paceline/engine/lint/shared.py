"""What the linter knows beside a run of pay: figures of past periods, and formulas over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from paceline.engine.formula.interpret import Scalar, interpret
from paceline.engine.formula.tree import Formula, Name, names_in, walk
from paceline.engine.lint.findings import Finding, Mend, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import middle
from paceline.engine.money import EXACT, round_to
from paceline.engine.payout import incentive_of
from paceline.engine.plan.model import Component, Measure, Plan
from paceline.engine.plan.scope import word

ZERO = Decimal(0)
_CUT = Decimal("0.000001")


@dataclass(frozen=True)
class Past:
    """One payee in one past period: the figures by the names that formulas use."""

    payee: str
    period: str
    figures: Mapping[str, Scalar | None]


def past_of(plan: Plan, history: History | None, names: set[str]) -> tuple[Past, ...]:
    """The past periods in which all of these figures of a payee are known, the oldest first."""
    if history is None or not names:
        return ()
    found: dict[tuple[str, str], dict[str, Scalar | None]] = {}
    for measure in plan.measures:
        for one in history.values_of(plan, measure):
            found.setdefault((one.payee, one.period), {})[word(measure.id)] = one.value
    for quota in plan.quotas:
        known = history.target_of(quota.name)
        for key, target in known.items():
            row = found.get(key)
            value = row.get(word(quota.measure)) if row is not None else None
            if row is not None and isinstance(value, Decimal):
                row[f"{word(quota.id)}.target"] = target
                share = EXACT.divide(value, target).quantize(Decimal("1e-8"), context=EXACT)
                row[f"{word(quota.id)}.attainment"] = share
    return tuple(
        Past(payee, period, row) for (payee, period), row in found.items() if names <= row.keys()
    )


def read_past(formula: Formula, past: Sequence[Past]) -> Iterator[tuple[Past, Scalar]]:
    """The formula's value for each of them, where it has one."""
    for one in past:
        try:
            yield one, interpret(formula.root, one.figures)
        except KeyError:
            continue


def constant(plan: Plan, formula: Formula) -> Decimal | None:
    """What a formula of money always comes to; None when it depends on anything."""
    if names_in(formula.root):
        return None
    return round_to(Decimal(interpret(formula.root, {})), plan.digits, plan.policies.rounding_mode)  # type: ignore[arg-type]


def usual_amount(plan: Plan, formula: Formula, past: Sequence[Past]) -> tuple[Decimal, str]:
    """What a formula of money comes to in the middle of the known past: `stated` where it always
    does, `known`, or `assumed`, an example of the target incentive.
    """
    fixed = constant(plan, formula)
    if fixed is not None:
        return fixed, "stated"
    values = [value for _, value in read_past(formula, past) if isinstance(value, Decimal)]
    found = middle([value for value in values if value > 0])
    if found is not None:
        return round_to(found, plan.digits, plan.policies.rounding_mode), "known"
    return incentive_of(plan), "assumed"


def measures_in(plan: Plan, formula: Formula | None) -> list[Measure]:
    """The measures that a formula reads, directly or through a quota, with those they are made
    of.
    """
    if formula is None:
        return []
    names = {name.partition(".")[0] for name in names_in(formula.root)}
    wanted = {one.id for one in plan.measures if word(one.id) in names}
    wanted |= {one.measure for one in plan.quotas if word(one.id) in names}
    for measure in reversed(plan.measures):
        if measure.id in wanted:
            wanted |= set(measure.parts)
    return [one for one in plan.measures if one.id in wanted]


def reads_earnings(formula: Formula) -> bool:
    """Whether a formula reads what other components earned."""
    return any(
        isinstance(node, Name) and node.name.endswith(".earned") for node in walk(formula.root)
    )


def plainly(value: Decimal) -> str:
    """A number without needless zeros, as text."""
    return f"{value.normalize():f}"


def share(part: Decimal, whole: Decimal) -> Decimal:
    """A part of a whole, for reading."""
    return EXACT.divide(part, whole).quantize(_CUT, ROUND_HALF_UP, EXACT) if whole else ZERO


def found(  # noqa: PLR0913 -- all that a finding says
    plan: Plan,
    component: Component,
    code: str,
    severity: Severity,
    clause: str,
    amounts: Mapping[str, Decimal],
    params: Mapping[str, str | int] | None = None,
    *,
    people: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
    mend: Mend | None = None,
    basis: tuple[str, ...] = (),
) -> Finding:
    """A finding about a component, worded."""
    unit = plan.currency if component.unit == "money" else component.unit
    said = {"component": component.id, "currency": unit, "unit": component.unit, **(params or {})}
    return Finding(
        code, severity, clause, message(code, amounts, said), amounts, people, said, evidence, mend,
        (component.id, *basis),
    )  # fmt: skip
