"""Forms of goals: what they are, how they go, how they ended, and their periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Exists, F, OuterRef, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.goals import access, measures
from paceline.goals.actions import Measured, PeriodFacts, Proposal, Said
from paceline.goals.models import (
    Cadence,
    Confidence,
    Direction,
    Goal,
    GoalContributor,
    GoalPeriod,
    Level,
    StrategyPage,
    Unit,
)
from paceline.goals.models.goals import TYPED
from paceline.goals.queries.goals import parents_for, periods
from paceline.kernel.currency_fields import CurrencyCodeField
from paceline.kernel.day_fields import DayField
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person, Team

ONE_DAY = timedelta(days=1)


def _area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _day() -> forms.DateInput:
    # Whatever the reader's language, a field of days takes this one way of writing them.
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _figure(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=18, decimal_places=4, **more)


def as_typed(value: Decimal | None, unit: str) -> str:
    """A value as one writes it: percentages in points."""
    if value is None:
        return ""
    shown = value.scaleb(2) if unit == Unit.PERCENT else value
    return f"{shown.normalize():f}"


def as_kept(value: Decimal | None, unit: str) -> Decimal | None:
    if value is None or unit != Unit.PERCENT:
        return value
    return value.scaleb(-2)


class _Names(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice among rows, drawn quickly, each named with what tells it apart."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=LongSelect, empty_label="–", **kwargs)

    def offer(self, rows: Iterable[tuple[Any, str]]) -> None:
        """Choices that the form has read already; the queryset still says what may be chosen."""
        empty = [] if self.empty_label is None else [("", self.empty_label)]
        self.choices = [*empty, *rows]

    def label_from_instance(self, row: Any) -> str:
        if isinstance(row, Goal):
            whose = row.team.name if row.team else ""
            return " · ".join(filter(None, [row.name, whose, row.period.name]))
        return str(row)


def _unlisted(measure: str, viewer: Person) -> str:
    """The name of a measure that the viewer could not choose, and that the goal has."""
    source = measures.find(measure)
    return _("A measure that is no more") if source is None else source.label_for(viewer)


class GoalForm(forms.Form):
    """A goal: whose, for when, what, how it is measured, and what it serves."""

    level = forms.ChoiceField(label=gettext_lazy("Whose goal"), choices=Level.choices)
    period = _Names(label=gettext_lazy("Period"), queryset=GoalPeriod.objects.all())
    name = forms.CharField(
        label=pgettext_lazy("of a goal", "Name"),
        max_length=160,
        help_text=gettext_lazy("What will be so at the end, in a few words."),
    )
    why = forms.CharField(
        label=pgettext_lazy("of a goal", "Why"), required=False, max_length=5000, widget=_area(2)
    )
    owner = _Names(
        label=pgettext_lazy("of a goal", "Owner"), queryset=Person.objects.none(), required=False
    )
    team = _Names(
        label=gettext_lazy("Team"),
        queryset=Team.objects.none(),
        required=False,
        help_text=gettext_lazy("Of a team's goal; its members' figures count."),
    )
    parent = _Names(
        label=pgettext_lazy("of a goal", "Serves"), queryset=Goal.objects.none(), required=False
    )
    strategy = _Names(
        label=gettext_lazy("Strategy"), queryset=StrategyPage.objects.none(), required=False
    )
    measure = forms.ChoiceField(label=pgettext_lazy("of a goal", "Measure"))
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=Unit.choices,
        required=False,
        help_text=gettext_lazy("Of a typed measure; others say their own."),
    )
    currency = CurrencyCodeField(
        required=False, help_text=gettext_lazy("Where the measure is money.")
    )
    start_value = _figure(
        pgettext_lazy("of a goal", "Start"),
        initial=Decimal(0),
        help_text=gettext_lazy(
            "Where it stands at the beginning; percentages in points. What the product counts"
            " begins at nothing: there it is what it is compared with."
        ),
    )
    target = _figure(gettext_lazy("Target"))
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=Direction.choices)
    weight = forms.DecimalField(
        label=gettext_lazy("Weight (%)"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=Decimal(0),
        help_text=gettext_lazy("Among the owner's goals of the period; together 100."),
    )
    contributors = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Who helps"), queryset=Person.objects.none(), required=False
    )

    def __init__(
        self,
        *args: Any,
        viewer: Person,
        on: date,
        goal: Goal | None,
        known_periods: Sequence[GoalPeriod] | None = None,
        known_parents: Sequence[Goal] | None = None,
        **kwargs: Any,
    ):
        """``known_periods`` (every period there is) and ``known_parents`` (what it may serve, the
        initial one among them) spare their queries."""
        super().__init__(*args, **kwargs)
        self.viewer, self.goal = viewer, goal
        known: Any = self.fields
        self.known_periods = periods() if known_periods is None else known_periods
        known["period"].offer((one.pk, str(one)) for one in self.known_periods)
        self._offer_people(on)
        self._offer_teams_and_strategies()
        levels = access.levels_for(viewer)
        known["level"].choices = [one for one in Level.choices if one[0] in levels]
        known["parent"].queryset = self._parents(viewer, goal)
        if known_parents is not None:
            above = known["parent"].label_from_instance
            known["parent"].offer(
                (one.pk, above(one)) for one in known_parents if not one.closed_at
            )
        known["measure"].choices = [
            (TYPED, _("Typed at check-ins")),
            *((one.key, one.label) for one in measures.offered(viewer)),
        ]
        if goal is None:
            return
        # Level and team say who may see it: another is another goal.
        for name in ("level", "parent"):
            self.fields.pop(name)
        if goal.level == Level.COMPANY:
            self.fields.pop("team")
        if goal.measure not in dict(known["measure"].choices):
            known["measure"].choices += [(goal.measure, _unlisted(goal.measure, viewer))]
        self.fields["reason"] = forms.CharField(
            label=gettext_lazy("Why it changes"),
            required=False,
            max_length=1000,
            widget=_area(2),
            help_text=gettext_lazy(
                "Needed once somebody agreed to it; both sides agree again then."
            ),
        )
        self.fields["seen"] = forms.IntegerField(widget=forms.HiddenInput)

    def _offer_people(self, on: date) -> None:
        """Who may own it, and who may help. One query, drawn in both choices."""
        viewer, goal = self.viewer, self.goal
        known: Any = self.fields
        people: Any = Person.objects.visible_to(viewer).employed_on(on).order_by("name", "pk")
        owners, helpers = known["owner"], known["contributors"]
        owners.queryset = access.owners_for(viewer, on, goal)
        helpers.queryset = people
        helpers.widget.attrs["size"] = 5
        rows = people.annotate(may_own=access.may_be_named(viewer, on, goal))
        if goal is not None:
            helping = GoalContributor.objects.filter(goal=goal, person=OuterRef("pk"))
            rows = rows.annotate(helps=Exists(helping))
        found = list(rows)
        helpers.choices = [(one.pk, str(one)) for one in found]
        owners.offer((one.pk, str(one)) for one in found if one.may_own)
        if goal is not None:
            self.initial["contributors"] = [one.pk for one in found if one.helps]

    def _offer_teams_and_strategies(self) -> None:
        """What they are called, in the order of their names. One query."""
        known: Any = self.fields
        known["team"].queryset = teams = access.teams_for(self.viewer, self.goal)
        known["strategy"].queryset = pages = StrategyPage.objects.visible_to(self.viewer).kept()
        columns = ("field", "whose", "called", "pk")
        names = teams.order_by().annotate(field=Value("team"), whose=F("name"), called=Value(""))
        titles = pages.order_by().annotate(
            field=Value("strategy"), whose=F("team__name"), called=F("title")
        )
        both = names.values_list(*columns).union(titles.values_list(*columns), all=True)
        offered: dict[str, list[tuple[int, str]]] = {"team": [], "strategy": []}
        for field, whose, called, pk in both.order_by(*columns):
            offered[field].append((pk, called or whose))
        for field, rows in offered.items():
            known[field].offer(rows)

    def _parents(self, viewer: Person, goal: Goal | None) -> Any:
        asked = self.data.get("period") or self.initial.get("period")
        pk = str(getattr(asked, "pk", asked))
        period = None
        if goal is None:
            period = next((one for one in self.known_periods if str(one.pk) == pk), None)
        above = self.initial.get("parent")
        rows = parents_for(viewer, period)
        if above is None:
            return rows
        return rows | Goal.objects.visible_to(viewer).open().filter(pk=getattr(above, "pk", above))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        measure, unit = cleaned.get("measure"), cleaned.get("unit") or Unit.QUANTITY
        source = measures.find(measure) if measure and measure != TYPED else None
        cleaned["unit"] = unit = source.unit if source is not None else Unit(unit)
        currency = cleaned.get("currency", "")
        if unit == Unit.MONEY and not currency and "currency" not in self.errors:
            self.add_error("currency", _("Say in which currency."))
        cleaned["currency"] = currency if unit == Unit.MONEY else ""
        for name in ("start_value", "target"):
            cleaned[name] = as_kept(cleaned.get(name), unit)
        level = cleaned.get("level") or (self.goal.level if self.goal else Level.PERSON)
        self._clean_whose(cleaned, level)
        return cleaned

    def _clean_whose(self, cleaned: dict[str, Any], level: str) -> None:
        owner, team = cleaned.get("owner"), cleaned.get("team")
        if level == Level.TEAM and team is None and "team" in self.fields:
            self.add_error("team", _("Say which team's goal it is."))
        if owner is None and "owner" not in self.errors:
            self.add_error("owner", _("Say who answers for it."))
        elif self.goal is None and not self.errors:
            whose = team.pk if team else None, owner.pk if owner else None
            if not access.may_propose(self.viewer, level, *whose):
                self.add_error("level", _("You cannot propose a goal for them."))

    def measured(self) -> Measured:
        data = self.cleaned_data
        return Measured(
            data["start_value"], data["target"], Direction(data["direction"]), data["measure"],
            data["unit"], data["currency"],
        )  # fmt: skip

    def proposal(self, team: Team | None) -> Proposal:
        """``team`` is the owner's, for a personal goal that names none."""
        data = self.cleaned_data
        return Proposal(
            period=data["period"],
            name=data["name"],
            measured=self.measured(),
            level=Level(data["level"]),
            owner=data["owner"],
            team=data["team"] or team,
            parent=data["parent"],
            strategy=data["strategy"],
            weight=data["weight"],
            why=data["why"],
            contributors=data["contributors"],
        )

    def facts(self) -> dict[str, Any]:
        """The fields of a goal that is changed."""
        names = ("name", "why", "period", "owner", "team", "strategy", "weight")
        data = self.cleaned_data
        found = {name: data[name] for name in names if name in data}
        kept = ("measure", "unit", "currency", "start_value", "target", "direction")
        return found | {name: data[name] for name in kept}


def initial_of(goal: Goal) -> dict[str, Any]:
    """What the form shows when a goal is to be changed."""
    return {
        "name": goal.name,
        "why": goal.why,
        "period": goal.period_id,
        "owner": goal.owner_id,
        "team": goal.team_id,
        "strategy": goal.strategy_id,
        "measure": goal.measure,
        "unit": goal.unit,
        "currency": goal.currency,
        "start_value": as_typed(goal.start_value, goal.unit),
        "target": as_typed(goal.target, goal.unit),
        "direction": goal.direction,
        "weight": f"{goal.weight.normalize():f}",
        "seen": goal.version,
    }


class CheckInForm(forms.Form):
    """Where a goal stands on a day."""

    on = DayField(label=gettext_lazy("Day"), widget=_day())
    value = _figure(gettext_lazy("Value"))
    confidence = forms.ChoiceField(
        label=gettext_lazy("Will it be reached?"),
        choices=Confidence.choices,
        widget=forms.RadioSelect,
        initial=Confidence.HIGH,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=5000, widget=_area()
    )
    blockers = forms.CharField(
        label=gettext_lazy("What stands in the way"),
        required=False,
        max_length=5000,
        widget=_area(2),
        help_text=gettext_lazy("Whom you report to is told."),
    )

    def __init__(self, *args: Any, goal: Goal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.goal = goal
        if goal.unit == Unit.PERCENT:
            self.fields["value"].help_text = _("In percent.")
        elif goal.unit == Unit.MONEY:
            self.fields["value"].help_text = goal.currency

    def said(self) -> Said:
        data = self.cleaned_data
        kept = as_kept(data["value"], self.goal.unit)
        assert kept is not None  # noqa: S101 - the field is required
        return Said(
            data["on"], kept, Confidence(data["confidence"]), data["note"], data["blockers"]
        )


class CloseForm(forms.Form):
    """The look back on a goal."""

    value = _figure(gettext_lazy("Value at the end"), required=False)
    went_well = forms.CharField(
        label=gettext_lazy("What went well"), required=False, max_length=5000, widget=_area()
    )
    to_change = forms.CharField(
        label=gettext_lazy("What to do differently"),
        required=False,
        max_length=5000,
        widget=_area(),
    )
    is_dropped = forms.BooleanField(
        label=gettext_lazy("The goal is given up; what to do differently says why"), required=False
    )


class PeriodForm(forms.Form):
    """A period of goals."""

    name = forms.CharField(
        label=pgettext_lazy("of a period", "Name"),
        max_length=60,
        help_text=gettext_lazy("Such as 2026 Q4, or the year."),
    )
    starts_on = DayField(label=gettext_lazy("First day"), widget=_day())
    last_day = DayField(label=gettext_lazy("Last day"), widget=_day())
    cadence = forms.ChoiceField(label=gettext_lazy("Check-ins"), choices=Cadence.choices)

    def __init__(self, *args: Any, period: GoalPeriod | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if period is None:
            return
        self.fields["reason"] = forms.CharField(
            label=gettext_lazy("Why it changes"),
            required=False,
            max_length=1000,
            widget=_area(2),
            help_text=gettext_lazy(
                "Needed when the days move: check-ins stay, and goals are agreed to again."
            ),
        )
        self.fields["seen"] = forms.IntegerField(widget=forms.HiddenInput)

    def period_facts(self) -> PeriodFacts:
        data = self.cleaned_data
        return PeriodFacts(
            data["name"], data["starts_on"], data["last_day"] + ONE_DAY, Cadence(data["cadence"])
        )
