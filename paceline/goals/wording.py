"""Goals in words: values in their unit, states, statuses, changes and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from paceline.goals import actions
from paceline.goals.measures import Source, reading
from paceline.goals.models import Cadence, Confidence, Direction, Goal, Level, Unit
from paceline.goals.models.goals import TYPED
from paceline.goals.progress import Standing, Status
from paceline.kernel import formats
from paceline.kernel.shell import Badge
from paceline.org.models import Person

TENTH = Decimal("0.1")

Text = str | Promise

FIELD_NAMES: dict[str, Text] = {
    "name": pgettext_lazy("of a goal", "Name"),
    "why": pgettext_lazy("of a goal", "Why"),
    "period": gettext_lazy("Period"),
    "owner": pgettext_lazy("of a goal", "Owner"),
    "team": gettext_lazy("Team"),
    "parent": pgettext_lazy("of a goal", "Serves"),
    "strategy": gettext_lazy("Strategy"),
    "measure": pgettext_lazy("of a goal", "Measure"),
    "unit": gettext_lazy("Unit"),
    "currency": gettext_lazy("Currency"),
    "start_value": pgettext_lazy("of a goal", "Start"),
    "target": gettext_lazy("Target"),
    "direction": gettext_lazy("Direction"),
    "weight": gettext_lazy("Weight"),
    "starts_on": gettext_lazy("First day"),
    "ends_before": gettext_lazy("Ends before"),
}
PROBLEMS: dict[str, Text] = {
    reading.NO_SOURCE: gettext_lazy(
        "Its measure is no more. What was known last stays; check in by hand, or choose another."
    ),
    reading.NOTHING_YET: gettext_lazy("Its measure has nothing to tell yet."),
    reading.NO_RATE: gettext_lazy(
        "An exchange rate is missing, so its measure cannot be added up."
    ),
    reading.NO_OWNER: gettext_lazy("It has no owner whose figures would count."),
}


def value(amount: Decimal | None, goal: Goal) -> str:
    """A value of a goal in its unit."""
    return in_unit(amount, goal.unit, goal.currency)


def weekly(amount: Decimal, goal: Goal) -> str:
    """What each week must bring: of things that are counted, rounded up to a tenth."""
    if goal.unit == Unit.QUANTITY:
        return value(amount.quantize(TENTH, ROUND_UP), goal)
    return value(amount, goal)


def in_unit(amount: Decimal | None, unit: str, currency: str) -> str:
    if amount is None:
        return formats.NOTHING
    if unit == Unit.MONEY:
        return formats.money(amount, currency)
    return formats.percent(amount) if unit == Unit.PERCENT else formats.number(amount)


def aim(goal: Goal) -> str:
    """``at least $92,000``: the target with its direction."""
    shown = value(goal.target, goal)
    if goal.direction == Direction.UP:
        return _("at least %(value)s") % {"value": shown}
    return _("at most %(value)s") % {"value": shown}


def measure_label(goal: Goal, sources: Mapping[str, Source], reader: Person) -> str:
    if goal.measure == TYPED:
        return _("Typed at check-ins")
    source = sources.get(goal.measure)
    return source.label_for(reader) if source is not None else _("A measure that is no more")


def state(goal: Any) -> Badge:  # noqa: PLR0911 - one state each
    """Where a goal is between proposal and look back. Needs what ``goals_for`` brings."""
    if goal.closed_at is not None:
        is_kept = not goal.was_dropped
        return Badge(pgettext("goal", "Closed") if is_kept else pgettext("goal", "Given up"))
    if goal.owner_agreed and goal.lead_agreed:
        return Badge(pgettext("goal", "Agreed"), "good")
    if goal.owner_agreed:
        return Badge(_("Waits for the lead"), "info")
    if goal.lead_agreed:
        return Badge(_("Waits for the owner"), "info")
    if goal.terms > 1:
        return Badge(_("Agree again"), "warning")
    if goal.is_discussed:
        return Badge(pgettext("goal", "In discussion"), "info")
    return Badge(pgettext("goal", "Proposed"))


def status(standing: Standing) -> Badge:
    """How a goal stands beside its pace."""
    return {
        Status.UNKNOWN: Badge(_("No value yet")),
        Status.REACHED: Badge(pgettext("goal", "Reached"), "good"),
        Status.ON_PACE: Badge(_("On pace"), "good"),
        Status.AT_RISK: Badge(_("At risk"), "warning"),
        Status.BEHIND: Badge(pgettext("goal", "Behind"), "bad"),
    }[standing.status]


CONFIDENCE_TONES = {Confidence.HIGH: "good", Confidence.MEDIUM: "warning", Confidence.LOW: "bad"}


def confidence(said: str) -> Badge:
    kind = Confidence(said)
    return Badge(str(kind.label), CONFIDENCE_TONES[kind])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field of a change in words."""

    label: str
    before: str
    after: str


def changed_fields(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    goal: Goal,
    names: Mapping[str, Mapping[Any, str]],
) -> list[ChangedField]:
    """A change field by field; ``names`` words what is kept by id."""
    unit = str(before.get("unit", goal.unit)), str(after.get("unit", goal.unit))
    money = str(before.get("currency", goal.currency)), str(after.get("currency", goal.currency))
    return [
        ChangedField(
            str(FIELD_NAMES.get(name, name)),
            _said(name, before.get(name), unit[0], money[0], names),
            _said(name, said, unit[1], money[1], names),
        )
        for name, said in after.items()
    ]


_CHOICES: dict[str, Any] = {"direction": Direction, "unit": Unit, "level": Level}


def _said(  # noqa: PLR0911 - one kind of field each
    name: str, said: Any, unit: str, currency: str, names: Mapping[str, Mapping[Any, str]]
) -> str:
    if said in (None, ""):
        return formats.NOTHING
    if name == "measure":
        known = _("Typed at check-ins") if said == TYPED else _("A measure that is no more")
        return names.get("measure", {}).get(said, known)
    if name in names and isinstance(said, int):
        return names[name].get(said, formats.NOTHING)
    if name in _CHOICES:
        return str(_CHOICES[name](said).label)
    if name in {"starts_on", "ends_before"}:
        return formats.day(date.fromisoformat(said))
    try:
        if name in {"start_value", "target"}:
            return in_unit(Decimal(said), unit, currency)
        if name == "weight":
            return formats.percent(Decimal(said).scaleb(-2))
    except InvalidOperation:
        return str(said)
    return str(said)


REFUSALS = (
    actions.AgreedAlready,
    actions.GoalCircle,
    actions.GoalInvalid,
    actions.GoalIsClosed,
    actions.GoalNotOver,
    actions.MeasureUnknown,
    actions.NothingSaid,
    actions.OutsideThePeriod,
    actions.ParentIsClosed,
    actions.PeriodChangedMeanwhile,
    actions.PeriodEndsBeforeItBegins,
    actions.PeriodNameTaken,
    actions.ReasonMissing,
    actions.StrategyUnchanged,
    actions.TargetOnTheWrongSide,
    actions.AtLeastNothing,
    actions.TermsChanged,
    actions.TooDeep,
    actions.TooManyContributors,
)


def refusal(problem: Exception) -> str:
    """One refused action in the reader's language."""
    if isinstance(problem, actions.GoalInvalid):
        return " ".join(text for texts in problem.errors.values() for text in texts)
    return str(
        {
            actions.AgreedAlready: _("This side agreed already."),
            actions.GoalCircle: _("A goal cannot serve itself, over others either."),
            actions.GoalIsClosed: _("This goal was closed; it changes no more."),
            actions.GoalNotOver: _("Say what was reached before you close the goal."),
            actions.MeasureUnknown: _("This measure is no more; choose another."),
            actions.NothingSaid: _("Write something first."),
            actions.OutsideThePeriod: _("Choose a day of the period that is not in the future."),
            actions.ParentIsClosed: _("The goal above was closed; choose another."),
            actions.PeriodChangedMeanwhile: _(
                "Somebody else changed the period meanwhile. Nothing was saved; look at it again."
            ),
            actions.PeriodEndsBeforeItBegins: _("The last day lies before the first."),
            actions.PeriodNameTaken: _("There is a period with this name already."),
            actions.ReasonMissing: _("Say why."),
            actions.StrategyUnchanged: _("The page says this already."),
            actions.AtLeastNothing: _(
                "A goal of “at least 0” is reached whatever happens. Choose “at most” where"
                " there should be none, or a target above 0."
            ),
            actions.TargetOnTheWrongSide: _(
                "The target lies on the wrong side of the start. If the figure is to rise, take “at"
                " least” and a target that is not below the start; if it is to fall, “at most” and"
                " one that is not above it."
            ),
            actions.TermsChanged: _(
                "The goal was changed meanwhile. Read it again before you agree."
            ),
            actions.TooDeep: _("Goals hang at most 12 below one another."),
            actions.TooManyContributors: _("At most 30 people help with one goal."),
        }[type(problem)]
    )


PLACES = {
    actions.ReasonMissing: "reason",
    actions.TargetOnTheWrongSide: "target",
    actions.AtLeastNothing: "target",
    actions.MeasureUnknown: "measure",
    actions.TooManyContributors: "contributors",
    actions.ParentIsClosed: "parent",
    actions.TooDeep: "parent",
    actions.PeriodNameTaken: "name",
    actions.PeriodEndsBeforeItBegins: "last_day",
    actions.OutsideThePeriod: "on",
    actions.GoalNotOver: "value",
}


def put_into(form: forms.Form, problem: Exception) -> None:
    """Say a refusal beside the field that mends it, else above the form."""
    place = PLACES.get(type(problem))
    form.add_error(place if place in form.fields else None, refusal(problem))


def cadence_words(cadence: str) -> str:
    return str(Cadence(cadence).label)
