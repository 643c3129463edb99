"""From the text of a plan to its clauses; every reason against it is listed, each with its
place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from paceline.engine.calendars import JANUARY
from paceline.engine.errors import PlanInvalid, Problem
from paceline.engine.formula.tree import TYPES, Type
from paceline.engine.hashing import canonical_json, hash_text
from paceline.engine.money import DIGITS
from paceline.engine.periods import PERIOD_KINDS, PeriodKind
from paceline.engine.plan import components, policies
from paceline.engine.plan import credits as credit_clauses
from paceline.engine.plan import measures as measure_clauses
from paceline.engine.plan.calendar_clauses import CALENDAR_KEYS, check_calendar, read_calendar
from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.document import Mapping, plain, read_document
from paceline.engine.plan.model import (
    LANGUAGE_VERSION,
    Measure,
    Plan,
    TargetIncentive,
)
from paceline.engine.plan.scope import Scope
from paceline.engine.plan.settlement import read_settlement
from paceline.engine.tables import LINE_ATTRIBUTES

Member = TypeVar("Member")


def load_plan(text: str, *, name: str = "plan") -> Plan:
    """Read a plan; `name` is the file name used in messages.

    Raises PlanInvalid with every problem found; never anything else, whatever the text.
    """
    plan, problems = _read(text, name)
    if plan is None or any(problem.severity == "error" for problem in problems):
        raise PlanInvalid(problems)
    return plan


def check_plan(text: str, *, name: str = "plan") -> tuple[Problem, ...]:
    """Every problem of a plan; empty when it can be used."""
    return tuple(_read(text, name)[1])


def _read(text: str, name: str) -> tuple[Plan | None, list[Problem]]:
    problems: list[Problem] = []
    try:
        root = Clause(read_document(text, name=name), "", problems, name)
        plan = _plan(root, text)
    except PlanInvalid as error:
        return None, list(error.problems)
    except Unreadable:
        return None, _unrepeated(problems)
    return plan, _unrepeated(problems)


def _unrepeated(problems: list[Problem]) -> list[Problem]:
    """Each fault once, in the order of the text: a clause may be looked at more than once."""
    first: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        place = (problem.path, problem.line, problem.column)
        first.setdefault((problem.code, problem.message, *place), problem)
    return sorted(first.values(), key=lambda problem: (problem.line or 0, problem.column or 0))


def _plan(root: Clause, text: str) -> Plan:
    several = credit_clauses.count_direct(root) > 1
    if isinstance(root.node, Mapping) and not root.has("policies"):
        policies.refuse_all(root, has_choice=several)
    root.keys(
        [
            "paceline",
            "plan",
            "name",
            "currency",
            "period",
            "policies",
            "credits",
            "measures",
            "components",
        ],
        ["purpose", "attributes", "quotas", "target_incentive", *CALENDAR_KEYS, "settlement"],
    )
    root.note_ids()
    attempt = _Attempt()
    attempt(lambda: root.child("paceline").choice([str(LANGUAGE_VERSION)]))
    slug = attempt(root.child("plan").identifier)
    title = attempt(root.child("name").text)
    purpose = attempt(root.child("purpose").text) if root.has("purpose") else {}
    currency = attempt(lambda: _currency(root.child("currency")))
    period = attempt(lambda: cast("PeriodKind", root.child("period").choice(PERIOD_KINDS)))
    attributes = (
        attempt(lambda: _attributes(root.child("attributes"))) if root.has("attributes") else {}
    )
    calendar = attempt(lambda: read_calendar(root))
    names: dict[str, Type] = {**LINE_ATTRIBUTES, **(attributes or {})}
    stated = attempt(
        lambda: policies.read_policies(root.child("policies"), names, has_choice=several)
    )
    rules = members(
        root.child("credits"), lambda clause, _: credit_clauses.read_credit(clause, names)
    )
    credit_clauses.check_credits(root.child("credits"), rules)
    measures = members(
        root.child("measures"),
        lambda clause, above: measure_clauses.read_measure(clause, names, rules, above),
    )
    quotas = (
        members(
            root.child("quotas"),
            lambda clause, _: measure_clauses.read_quota(clause, measures),
        )
        if root.has("quotas")
        else ()
    )
    target = (
        attempt(lambda: _target_incentive(root.child("target_incentive"), measures))
        if root.has("target_incentive")
        else None
    )
    keys = ("payee_id", *(name for name, kind in names.items() if kind == "text"))
    scope = Scope(measures, quotas, stated, period, currency, target, keys=keys)
    parts = members(
        root.child("components"),
        lambda clause, above: components.read_component(clause, scope.with_components(above)),
    )
    readable = {part.id for part in parts}
    root.written["component of money"] = [
        name for name in root.written["component"] if name not in readable
    ]
    if calendar is not None:
        check_calendar(root, calendar, stated, parts)
    settlement = (
        attempt(lambda: read_settlement(root.child("settlement"), parts))
        if root.has("settlement")
        else None
    )
    if (
        root.problems
        or slug is None
        or title is None
        or currency is None
        or period is None
        or stated is None
    ):
        raise Unreadable
    return Plan(
        slug,
        title,
        purpose or {},
        currency,
        period,
        stated,
        attributes or {},
        rules,
        measures,
        quotas,
        parts,
        hash_text(canonical_json(plain(root.node))),
        text,
        target,
        calendar or JANUARY,
        settlement,
    )


class _Attempt:
    """Reads one clause and goes on with the next when it cannot be read."""

    Result = TypeVar("Result")

    def __call__(self, read: Callable[[], Result]) -> Result | None:
        try:
            return read()
        except Unreadable:
            return None


def members(
    clause: Clause, read: Callable[[Clause, tuple[Member, ...]], Member]
) -> tuple[Member, ...]:
    """Every member of a list that can be read; ids are unique in their list. `read` is given the
    members above.
    """
    found: dict[str, Member] = {}
    try:
        for _, item in clause.members():
            try:
                member = read(item, tuple(found.values()))
            except Unreadable:
                continue
            identity = str(getattr(member, "id", len(found)))
            if identity in found:
                item.refuse("id_repeated", f"{identity} is used twice", id=identity)
            found[identity] = member
    except Unreadable:
        return ()
    if not found and not clause.problems:
        clause.refuse("list_empty", "at least one is needed here")
    return tuple(found.values())


def _currency(clause: Clause) -> str:
    code = clause.scalar()
    if code not in DIGITS:
        raise clause.refuse(
            "currency_unknown", f"{code[:20]} is no active currency of ISO 4217", currency=code[:20]
        )
    return code


def _target_incentive(clause: Clause, measures: tuple[Measure, ...]) -> TargetIncentive:
    """What a payee is meant to earn at target: `{amount: 6000}` or `{measure: target-pay}`."""
    clause.keys([], ["amount", "measure"])
    if clause.has("amount") == clause.has("measure"):
        raise clause.refuse(
            "target_incentive_unclear", "the target incentive is either an amount or a measure"
        )
    if clause.has("amount"):
        return TargetIncentive(clause.child("amount").amount(), None, clause.path)
    reference = clause.child("measure")
    money = [measure.id for measure in measures if measure.is_money]
    name = reference.known(reference.scalar(), money, "measure of money")
    return TargetIncentive(None, name, clause.path)


def _attributes(clause: Clause) -> dict[str, Type]:
    clause.keys([], clause.node.entries if hasattr(clause.node, "entries") else [])
    found: dict[str, Type] = {}
    for key in list(getattr(clause.node, "entries", {})):
        if key in LINE_ATTRIBUTES or not key.isidentifier() or key != key.lower():
            clause.child(key).refuse(
                "attribute_malformed", f"{key[:60]} cannot be an attribute", key=key[:60]
            )
            continue
        found[key] = cast("Type", clause.child(key).choice(TYPES))
    return found
