"""Ready plans to begin from. Each is a folder: ``plan.yaml``, the plan's text, and ``about.yaml``,
what it is for in three languages, its known risk, and a worked example that the engine agrees with.

``groups.yaml`` puts them in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from paceline.incentives.calculation import documents
from paceline.incentives.models.plans import in_reader_language

_FOLDER = Path(__file__).parent

Texts = Mapping[str, str]  # by language
PERIODS = ("month", "quarter", "half-year", "year")


Earned = Mapping[str, Mapping[str, Decimal]]  # by payee and component


@dataclass(frozen=True, slots=True)
class SettledPeriod:
    """What one period earns, pays and carries on, by payee, given the periods before it.

    ``tables`` are those that the settlement reads beside what the periods before left.
    """

    period: str
    earned: Earned
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    paid: Mapping[str, Decimal]
    carried: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Example:
    """Small input tables, as they would be imported, and what each payee earns by component.

    ``working`` says in words how the amounts come about, ``settling`` how they are paid where the
    plan settles.
    """

    period: str
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    working: Texts
    earned: Earned
    settled: Sequence[SettledPeriod] = ()
    settling: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A ready plan. Its texts come by language; the properties give the reader's."""

    key: str
    texts: Mapping[str, Texts]
    example: Example
    source: str

    @property
    def title(self) -> str:
        return in_reader_language(self.texts["title"])

    @property
    def summary(self) -> str:
        return in_reader_language(self.texts["summary"])

    @property
    def suits(self) -> str:
        return in_reader_language(self.texts["suits"])

    @property
    def rewards(self) -> str:
        return in_reader_language(self.texts["rewards"])

    @property
    def risk(self) -> str:
        return in_reader_language(self.texts["risk"])

    @property
    def worked(self) -> str:
        """The example's arithmetic in the reader's language."""
        return in_reader_language(self.example.working)

    @property
    def settling(self) -> str:
        """How the example is paid, in the reader's language; empty where nothing is settled."""
        return in_reader_language(self.example.settling) if self.example.settling else ""

    @property
    def plan(self) -> documents.Plan:
        return documents.load(self.source)

    def mentions(self, words: Sequence[str]) -> bool:
        """Whether every word occurs in what the plan says of itself, in whatever language."""
        said = " ".join(text for texts in self.texts.values() for text in texts.values())
        return all(word.casefold() in f"{self.key} {said}".casefold() for word in words)


@dataclass(frozen=True, slots=True)
class Group:
    """Ready plans of one kind, in order."""

    id: str
    texts: Texts
    templates: tuple[PlanTemplate, ...]

    @property
    def title(self) -> str:
        return in_reader_language(self.texts)


@cache
def groups() -> tuple[Group, ...]:
    """Every ready plan, in order. Read when first asked for, then kept."""
    return tuple(
        Group(one["id"], one["title"], tuple(_template(key) for key in one["plans"]))
        for one in _read("groups.yaml")
    )


@cache
def templates() -> Mapping[str, PlanTemplate]:
    """The ready plans by key."""
    return {template.key: template for group in groups() for template in group.templates}


@cache
def periods_of(key: str) -> tuple[str, ...]:
    """The periods that a ready plan can be paid for; some of its clauses may not fit all."""
    source = templates()[key].source
    return tuple(
        period
        for period in PERIODS
        if not documents.check(documents.edit.set_value(source, ("period",), period))
    )


def find(text: str = "", group: str = "") -> list[Group]:
    """The groups with the plans that a search finds, in one group or, by default, in all."""
    words = text.split()
    found = []
    for one in groups():
        if group in {"", one.id}:
            matching = tuple(plan for plan in one.templates if plan.mentions(words))
            if matching:
                found.append(Group(one.id, one.texts, matching))
    return found


def _read(*place: str) -> Any:
    """A YAML file below this folder; every value is text, as it is written."""
    return documents.edit.read(_text(*place))


def _text(*place: str) -> str:
    return _FOLDER.joinpath(*place).read_text(encoding="utf-8")


def _template(key: str) -> PlanTemplate:
    about = _read(key, "about.yaml")
    given = about.pop("example")
    earned = _earned(given["earned"])
    example = Example(
        given["period"],
        given["tables"],
        given["working"],
        earned,
        tuple(_settled(one, earned) for one in given.get("settled", ())),
        given.get("settling", {}),
    )
    return PlanTemplate(key, cast("dict[str, Texts]", about), example, _text(key, "plan.yaml"))


def _earned(given: Mapping[str, Mapping[str, str]]) -> Earned:
    return {
        payee: {component: Decimal(amount) for component, amount in amounts.items()}
        for payee, amounts in given.items()
    }


def _settled(given: Mapping[str, Any], first: Earned) -> SettledPeriod:
    """A period of the example; the first one earns what the example earns."""
    return SettledPeriod(
        given["period"],
        _earned(given["earned"]) if "earned" in given else first,
        given.get("tables", {}),
        {payee: Decimal(amount) for payee, amount in given["paid"].items()},
        {payee: Decimal(amount) for payee, amount in given["carried"].items()},
    )
