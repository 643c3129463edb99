"""What a component may refer to while it is read, and the names that its formulas may use.

A measure goes by its id with `_` for `-`; `<quota>.attainment` and `<quota>.target` are those of a
quota; `<component>.earned` is what a component above has earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from paceline.engine.formula.tree import Formula, Type, currencies_in
from paceline.engine.plan.clauses import Clause
from paceline.engine.plan.model import Component, Measure, Quota, TargetIncentive
from paceline.engine.plan.policies import WINDOWS, Policies


def word(identifier: str) -> str:
    """An id as it is written in a formula."""
    return identifier.replace("-", "_")


def names_of(
    measures: Iterable[Measure],
    quotas: Iterable[Quota] = (),
    components: Iterable[Component] = (),
) -> dict[str, Type]:
    """The names in scope and their types."""
    found: dict[str, Type] = {word(measure.id): measure.type for measure in measures}
    kinds = {measure.id: measure.type for measure in measures}
    for quota in quotas:
        found[f"{word(quota.id)}.attainment"] = "percent"
        found[f"{word(quota.id)}.target"] = kinds[quota.measure]
    for component in components:
        if component.unit == "money":
            found[f"{word(component.id)}.earned"] = "money"
    return found


def figures_of(
    measures: Iterable[Measure],
    quotas: Iterable[Quota] = (),
    components: Iterable[Component] = (),
) -> Mapping[str, str]:
    """The ledger's column for each name in scope."""
    found = {word(measure.id): f"measures/{measure.id}" for measure in measures}
    for quota in quotas:
        for part in ("attainment", "target"):
            found[f"{word(quota.id)}.{part}"] = f"quotas/{quota.id}/{part}"
    for component in components:
        found[f"{word(component.id)}.earned"] = f"components/{component.id}/earned"
    return found


@dataclass(frozen=True)
class Scope:
    """The clauses above a component, and what the head of the plan says."""

    measures: tuple[Measure, ...]
    quotas: tuple[Quota, ...]
    policies: Policies | None
    period: str | None
    currency: str | None
    target: TargetIncentive | None
    components: tuple[Component, ...] = ()
    keys: tuple[str, ...] = ()  # the columns of texts by which a table of rates may be asked

    def with_components(self, above: tuple[Component, ...]) -> Scope:
        return replace(self, components=above)

    @property
    def names(self) -> dict[str, Type]:
        """The figures that the component's formulas may use."""
        return names_of(self.measures, self.quotas, self.components)

    @property
    def window(self) -> str:
        """The window that rate tables accumulate over when a component says nothing."""
        return self.policies.accumulation if self.policies is not None else "period"

    def formula(self, clause: Clause, key: str, wanted: Sequence[Type]) -> Formula:
        """A formula over the payee's figures; its amounts of money are in the plan's currency."""
        place = clause.child(key) if key else clause
        formula = place.formula(self.names, wanted)
        foreign = sorted(currencies_in(formula.root) - {self.currency})
        if foreign and self.currency is not None:
            raise place.refuse(
                "formula_currency",
                f"{foreign[0]} is not the plan's currency {self.currency}",
                currency=foreign[0],
                wanted=self.currency,
            )
        return formula

    def is_shorter(self, window: str) -> bool:
        """The window begins anew inside the period."""
        if window == "period" or self.period is None:
            return False
        return WINDOWS.index(window) < WINDOWS.index(self.period)

    def is_longer(self, window: str) -> bool:
        """The window began before the period, unless the period is its first."""
        if window == "period" or self.period is None:
            return False
        return WINDOWS.index(window) > WINDOWS.index(self.period)


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Found = TypeVar("Found", bound=Identified)


def reference_to(clause: Clause, among: Sequence[Found], what: str) -> Found:
    """The clause that a word names."""
    word = clause.known(clause.scalar(), [one.id for one in among], what)
    return next(one for one in among if one.id == word)
