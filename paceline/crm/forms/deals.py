"""Forms of a deal: its products, who shares in it, how it was lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm.actions import Line, Lost, Share
from paceline.crm.forms.choices import date_input
from paceline.crm.models import (
    Competitor,
    ContributorKind,
    Deal,
    DealContributor,
    DealLine,
    LostReason,
)
from paceline.crm.queries import sellers
from paceline.kernel.day_fields import DayField
from paceline.org.models import Person

EMPTY_ROWS = 3
ROWS_MAX = 60
HUNDRED = Decimal(100)


class RowsForm(forms.Form):
    """A form of lines that are numbered in their names: ``row-0-product``."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    columns: tuple[str, ...] = ()

    def written(self) -> list[dict[str, str]]:
        """The lines in which anything was written."""
        rows = [
            {name: self.data.get(f"row-{n}-{name}", "").strip() for name in self.columns}
            for n in range(ROWS_MAX)
        ]
        return [row for row in rows if row[self.columns[0]]]

    def number(self, text: str, what: str) -> Decimal:
        """A number as somebody writes it; a problem of the form when it is none."""
        try:
            value = Decimal(text.replace(",", "").replace("%", "").strip() or "0")
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or abs(value) >= Decimal(10) ** 14:
            told = _("“%(text)s” is no number (%(what)s).")
            self.add_error(None, told % {"text": text[:40], "what": what})
            return Decimal(0)
        return value


class LinesForm(RowsForm):
    """The products of a deal."""

    columns = ("product", "quantity", "price", "discount")

    def __init__(self, data: Any = None, *, deal: Deal) -> None:
        self.deal, self.known = deal, [_line(one) for one in deal.lines.all()]
        super().__init__(data, initial={"version": deal.version})

    def rows(self) -> list[dict[str, str]]:
        known = self.written() if self.is_bound else self.known
        empty = dict.fromkeys(self.columns, "")
        return [{**row, "place": str(n)}
                for n, row in enumerate([*known, *[empty] * EMPTY_ROWS])]  # fmt: skip

    def lines(self) -> list[Line]:
        return [
            Line(
                row["product"][:200],
                self.number(row["quantity"] or "1", _("Quantity")),
                self.number(row["price"], _("Price")),
                self.number(row["discount"], _("Discount")).scaleb(-2),
            )
            for row in self.written()
        ]


def _line(line: DealLine) -> dict[str, str]:
    return {
        "product": line.product,
        "quantity": f"{line.quantity.normalize():f}",
        "price": f"{line.price.normalize():f}",
        "discount": f"{(line.discount * HUNDRED).normalize():f}" if line.discount else "",
    }


class SharesForm(RowsForm):
    """Who helped to win a deal; percentages in points."""

    columns = ("person", "kind", "share")

    def __init__(self, data: Any = None, *, deal: Deal, viewer: Person, on: date) -> None:
        self.deal = deal
        known = list(DealContributor.objects.filter(deal=deal).select_related("person"))
        self.known = known
        people = {one.pk: one for one in sellers(viewer, on)}
        self.people = {**{one.person_id: one.person for one in known}, **people}
        super().__init__(data, initial={"version": deal.version})

    def rows(self) -> list[dict[str, Any]]:
        if self.is_bound:
            rows = self.written()
        else:
            rows = [
                {"person": str(one.person_id), "kind": one.kind,
                 "share": f"{(one.share * HUNDRED).normalize():f}"}
                for one in self.known
            ]  # fmt: skip
        first = ContributorKind.CO_SELLER if rows else ContributorKind.OWNER
        empty = {"person": "", "kind": str(first), "share": ""}
        return [self._row(n, row) for n, row in enumerate([*rows, *[empty] * EMPTY_ROWS])]

    def _row(self, place: int, row: dict[str, str]) -> dict[str, Any]:
        people = [(str(pk), one.name, str(pk) == row["person"]) for pk, one in self.people.items()]
        kinds = [(key, str(label), key == row["kind"]) for key, label in ContributorKind.choices]
        return {"place": place, "people": people, "kinds": kinds, "share": row["share"]}

    def shares(self) -> list[Share]:
        found = []
        for row in self.written():
            person = self.people.get(int(row["person"])) if row["person"].isdecimal() else None
            if person is None or row["kind"] not in ContributorKind.values:
                self.add_error(None, _("Choose one of the people."))
                continue
            share = self.number(row["share"], _("Share")).scaleb(-2)
            found.append(
                Share(person, ContributorKind(row["kind"]), share.quantize(Decimal("1e-8")))
            )
        return found


class LostForm(forms.Form):
    """Why a deal was lost."""

    reason = forms.ModelChoiceField(
        label=gettext_lazy("Reason"), queryset=LostReason.objects.none(), required=False
    )
    note = forms.CharField(
        label=gettext_lazy("In words"), required=False, max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    competitor = forms.ModelChoiceField(
        label=gettext_lazy("Who won it"), queryset=Competitor.objects.none(), required=False
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {"team": deal.team_id, "retired_at": None}
        self.fields["reason"].queryset = LostReason.objects.filter(**own)  # type: ignore[attr-defined]
        self.fields["competitor"].queryset = Competitor.objects.filter(**own)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("reason") and not cleaned.get("note", "").strip():
            self.add_error("reason", _("Say why it was lost."))
        return cleaned

    def lost(self) -> Lost:
        data = self.cleaned_data
        return Lost(data["reason"], data["note"], data["competitor"])


class CompetitorsForm(forms.Form):
    """Who else offers in a deal, or that nobody does."""

    competitors = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Competitors"), queryset=Competitor.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    is_alone = forms.BooleanField(label=gettext_lazy("Nobody else competes"), required=False)

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Competitor.objects.filter(team=deal.team_id, retired_at=None)
        self.fields["competitors"].queryset = rows  # type: ignore[attr-defined]


class NextStepForm(forms.Form):
    """What is to be done next, and when."""

    next_step = forms.CharField(label=gettext_lazy("Next step"), max_length=200, required=False)
    next_step_on = DayField(label=gettext_lazy("On"), required=False, widget=date_input())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("next_step")) != bool(cleaned.get("next_step_on")):
            missing = "next_step_on" if cleaned.get("next_step") else "next_step"
            self.add_error(missing, _("A next step needs its date, and a date its step."))
        return cleaned
