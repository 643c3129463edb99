"""A plan read aloud: each clause as a plain sentence in the reader's language, figures included.

``sentence(plan, path)`` words one clause by its path (``components/commission/rates/tiers/2``), for
statements and the plan page alike; ``read_aloud(plan)`` words the whole plan in order. A path that
leads deeper than a sentence goes is worded by the clause that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Plan
from paceline.incentives.models.plans import in_reader_language
from paceline.incentives.wording.calendars import calendar_clauses
from paceline.incentives.wording.clauses import Clause, Passage, anchor
from paceline.incentives.wording.components import component_clauses, indicator_named
from paceline.incentives.wording.counting import counting_clauses
from paceline.incentives.wording.names import in_type, in_unit, joined, named
from paceline.incentives.wording.policies import POLICIES, policy_clauses, policy_sentence
from paceline.incentives.wording.rates import bound_of, days_of, paid_by
from paceline.incentives.wording.settlement import settlement_clauses

__all__ = [
    "PERIODS",
    "POLICIES",
    "Clause",
    "Passage",
    "anchor",
    "bound_of",
    "component_name",
    "days_of",
    "in_type",
    "in_unit",
    "in_words",
    "indicator_named",
    "named",
    "paid_by",
    "period_sentence",
    "policy_sentence",
    "read_aloud",
    "sentence",
    "sentence_with_days",
]


def sentence(plan: Plan, path: str) -> str:
    """The clause at a path in the reader's language; empty when the plan says nothing there."""
    sentences = {clause.path: clause.text for clause in _all(plan)}
    while path:
        if path in sentences:
            return sentences[path]
        path = path.rpartition("/")[0]
    return ""


def sentence_with_days(plan: Plan, path: str) -> str:
    """The clause at a path, after the days on which it holds where tiers change on a day."""
    rates, dated, rest = path.partition("/rates/dated/")
    text = sentence(plan, path)
    if not dated or "/" not in rest:
        return text
    return joined(sentence(plan, f"{rates}{dated}{rest.partition('/')[0]}"), text)


@lru_cache(maxsize=4096)
def _in_words(source: str, path: str, language: str) -> str:  # noqa: ARG001 - the active language
    return sentence(documents.load(source), path)


def in_words(plan: Plan, path: str) -> str:
    """A clause of a plan in the reader's language; texts of plans never change, so it is kept."""
    return _in_words(plan.text, path, get_language() or "en")


def component_name(plan: Plan, component_id: str) -> str:
    """A component's name in the reader's language; its id when the plan has no such component."""
    for component in plan.components:
        if component.id == component_id:
            return in_reader_language(component.name)
    return component_id


def read_aloud(plan: Plan) -> tuple[Passage, ...]:
    """The whole plan, what pays first, then what counts, then the policies."""
    return (
        *(
            Passage(in_reader_language(component.name), tuple(component_clauses(plan, component)))
            for component in plan.components
        ),
        Passage(_("What counts"), tuple(counting_clauses(plan))),
        Passage(_("How it is calculated"), tuple(_calculated(plan))),
        *_paid(plan),
    )


def _paid(plan: Plan) -> Iterator[Passage]:
    if plan.settlement is not None:
        yield Passage(_("How it is paid"), tuple(settlement_clauses(plan)))


def period_sentence(plan: Plan) -> str:
    """How often the plan pays, and in which currency."""
    return PERIODS[plan.period]() % {"currency": plan.currency}


PERIODS: Mapping[str, Callable[[], str]] = {
    "month": lambda: _("Pay is calculated for each month, in %(currency)s."),
    "quarter": lambda: _("Pay is calculated for each quarter, in %(currency)s."),
    "half-year": lambda: _("Pay is calculated for each half-year, in %(currency)s."),
    "year": lambda: _("Pay is calculated for each year, in %(currency)s."),
}


def _calculated(plan: Plan) -> Iterator[Clause]:
    yield Clause("period", period_sentence(plan))
    yield from calendar_clauses(plan)
    yield from policy_clauses(plan)


def _all(plan: Plan) -> Iterator[Clause]:
    yield Clause("currency", period_sentence(plan))
    for passage in read_aloud(plan):
        yield from passage.clauses
