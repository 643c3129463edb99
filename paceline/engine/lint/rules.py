"""Findings about credit rules: those that never match, and those that others leave nothing for."""

from __future__ import annotations

from collections.abc import Iterator

from paceline.engine.formula.tree import walk
from paceline.engine.lint.findings import Finding
from paceline.engine.lint.history import History
from paceline.engine.lint.logic import never_holds, takes_all_of
from paceline.engine.lint.mends import without_rule
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import read
from paceline.engine.plan.model import Credit, Measure, Plan

MAX_READINGS = 200_000  # parts of formulas times lines; with more rules fewer lines are read
MAX_COMPARED = 20_000  # parts of formulas times rules
MAX_RULES = 120


def dead_rules(plan: Plan, history: History | None) -> Iterator[Finding]:
    """Rules that no line can meet, and those that none of the known lines met."""
    direct = [credit for credit in plan.credits if credit.kind == "direct" and credit.when]
    limit = MAX_READINGS // max(1, sum(_parts(credit) for credit in direct))
    lines = history.lines[:limit] if history is not None else ()
    for credit in direct:
        if credit.when is None:
            continue
        params: dict[str, str | int] = {"credit": credit.id, "formula": credit.when.text}
        basis = (credit.when.text,)
        if never_holds(credit.when.root):
            yield Finding(
                "rule_never_matches", "serious", f"{credit.clause}/when",
                message("rule_never_matches", {}, params), params=params,
                mend=without_rule(plan, credit), basis=basis,
            )  # fmt: skip
            continue
        readings = [read(credit.when, line) for line in lines]
        if readings and all(one is False for one in readings):
            params["lines"] = len(readings)
            yield Finding(
                "rule_matched_nothing", "warning", f"{credit.clause}/when",
                message("rule_matched_nothing", {}, params), params=params, basis=basis,
            )  # fmt: skip


def shadowed_rules(plan: Plan) -> Iterator[Finding]:
    """Rules that add nothing to a measure, because another of its rules takes all they take.

    A measure counts a line once (docs/calculation.md, 3.5). A rule is only shadowed where it adds
    nothing to any measure that draws on it.
    """
    if not compares(plan):
        return
    for place, credit in enumerate(plan.credits):
        if credit.when is not None and never_holds(credit.when.root):
            continue
        drawing = [measure for measure in plan.measures if credit.id in measure.credits]
        if credit.kind == "direct" and any(credit.id in rule.of for rule in plan.credits):
            continue  # it also decides what rolls up
        covers = [_cover(plan, measure, credit, place) for measure in drawing]
        if not covers or any(cover is None for cover in covers):
            continue
        by = next(cover for cover in covers if cover is not None)
        params: dict[str, str | int] = {
            "credit": credit.id,
            "by": by.id,
            "measure": drawing[0].id,
        }
        yield Finding(
            "rule_shadowed", "warning", credit.clause, message("rule_shadowed", {}, params),
            params=params, mend=without_rule(plan, credit),
            basis=(
                credit.when.text if credit.when else "",
                by.id,
                by.when.text if by.when else "",
            ),
        )  # fmt: skip


def compares(plan: Plan) -> bool:
    """Whether the rules are few and short enough to hold each against each."""
    parts = sum(_parts(credit) for credit in plan.credits)
    return len(plan.credits) <= MAX_RULES and parts * len(plan.credits) <= MAX_COMPARED


def _parts(credit: Credit) -> int:
    return 0 if credit.when is None else len(walk(credit.when.root))


def _cover(plan: Plan, measure: Measure, credit: Credit, place: int) -> Credit | None:
    """A rule of the measure that takes all that `credit` takes; of two equal ones the first."""
    for other_place, other in enumerate(plan.credits):
        if other.id not in measure.credits or other.id == credit.id or other.kind != credit.kind:
            continue
        if _takes_all(other, credit) and (other_place < place or not _takes_all(credit, other)):
            return other
    return None


def _takes_all(wide: Credit, narrow: Credit) -> bool:
    if wide.kind == "direct":
        return _plain_shares(wide) == _plain_shares(narrow) and takes_all_of(
            wide.when.root if wide.when else None, narrow.when.root if narrow.when else None
        )
    higher = wide.level_through is None or (
        narrow.level_through is not None and wide.level_through >= narrow.level_through
    )
    return set(narrow.of) <= set(wide.of) and wide.level_from <= narrow.level_from and higher


def _plain_shares(credit: Credit) -> str:
    """What a rule says of whom it credits and with how much, where the language lets it."""
    return repr([getattr(credit, name, None) for name in ("to", "share")])
