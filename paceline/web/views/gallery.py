"""Every component in every state, for those who build pages and those who look for ugliness."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from paceline.kernel.charts import BarChart, LineChart, Series
from paceline.kernel.day_fields import DayField
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.live.models import Progress, ProgressState
from paceline.org.models import Person


class SampleForm(forms.Form):
    """A field of each kind; the gallery shows it once empty and once with problems."""

    words = forms.CharField(label="Text", help_text="Help stands below the field.")
    long = forms.CharField(label="Long text", widget=forms.Textarea({"rows": 3}), required=False)
    one = forms.ChoiceField(label="Choice", choices=[("a", "First"), ("b", "Second")])
    amount = forms.DecimalField(label="Figure", max_digits=12, decimal_places=2)
    day = DayField(label="Day", widget=forms.DateInput({"type": "date"}), required=False)
    several = forms.MultipleChoiceField(
        label="Several",
        choices=[("x", "One"), ("y", "Two")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agreed = forms.BooleanField(label="A box to tick", required=False)


ROWS = [
    ("陳怡君", "North", "98250.00", "4125.5000", "1.0821", "good"),
    ("Marco Bianchi", "North", "81000.00", "2890.0000", "0.9120", "warning"),
    ("佐藤 健", "Tokyo", "1250000", "-31250", "0.4400", "bad"),
    ("Priya Nair", "South", None, None, None, "neutral"),
]
CURRENCIES = ["USD", "USD", "JPY", "USD"]


@require_GET
def show(request: HttpRequest) -> HttpResponseBase:
    if not isinstance(getattr(request, "person", None), Person):
        raise PermissionDenied
    table = _table(request, [_row(place) for place in range(len(ROWS))], "sample")
    if table.wants_export:
        return table.export()
    return render(request, "web/gallery.html", _samples(request) | {"table": table})


def _row(place: int) -> dict[str, Any]:
    name, team, credited, earned, attainment, tone = ROWS[place]
    words = {"good": "Released", "warning": "On hold", "bad": "Refused", "neutral": "Draft"}
    return {
        "pk": place + 1,
        "payee": name,
        "team": team,
        "credited": None if credited is None else Decimal(credited),
        "earned": None if earned is None else Decimal(earned),
        "attainment": None if attainment is None else Decimal(attainment),
        "currency": CURRENCIES[place],
        "state": Badge(words[tone], tone),  # type: ignore[arg-type]
    }


def _table(request: HttpRequest, rows: list[dict[str, Any]], name: str) -> Table:
    return Table(
        request,
        rows=rows,
        name=name,
        caption="Statements",
        columns=[
            Column("payee", "Payee", sort="payee", search=True, link=lambda _row: "#tables"),
            Column("team", "Team", sort="team", secondary=True),
            Column("credited", "Credited", sort="credited", kind="money", currency="currency"),
            Column(
                "earned", "Earned", sort="earned", kind="money", currency="currency", total=True
            ),
            Column("attainment", "Attainment", sort="attainment", kind="percent"),
            Column("state", "State"),
        ],
        filters=[Filter("team", "Team", [("North", "North"), ("South", "South")])],
        choice=lambda row: row["pk"],
        choice_name="statement",
        choice_form="none",
        empty="No statements yet.",
        empty_hint="Run a period; its statements appear here.",
        empty_link=("#tables", "Run a period"),
    )


def _samples(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    values = [Decimal(value) for value in ("4200", "5100", "3900", "6100", "7200", "6800")]
    earlier = [value * Decimal("0.8") for value in values]
    wrong = SampleForm({"words": "", "amount": "much"})
    curve = [Decimal(place) * Decimal("0.25") for place in range(9)]
    paid = [min(x, Decimal(1)) * 2000 + max(x - 1, Decimal(0)) * 4000 for x in curve]
    return {
        "empty_table": _table(request, [], "empty"),
        "form": SampleForm(initial={"words": "Filled", "amount": "12.50"}),
        "wrong_form": wrong,
        "badges": [
            Badge(tone.title(), tone) for tone in ("neutral", "info", "good", "warning", "bad")
        ],
        "line": LineChart(
            "months",
            "Earned by month",
            months,
            [Series("This year", values), Series("Last year", earlier, is_muted=True)],
            unit="money",
            currency="USD",
            label_title="Month",
        ),
        "bar": BarChart(
            "teams", "Payees by attainment", months, [Series("Payees", [2, 5, 9, 12, 7, 3])]
        ),
        "curve": LineChart(
            "curve",
            "What the plan pays",
            [f"{x:.0%}" for x in curve],
            [Series("Paid", paid)],
            unit="money",
            currency="USD",
            label_title="Attainment",
            positions=curve,
            positions_unit="percent",
            mark=4,
        ),
        "running": Progress(
            pk=0, kind="pay_run", state=ProgressState.RUNNING, done=4200, total=10000
        ),
        "stopping": Progress(
            pk=0,
            kind="pay_run",
            state=ProgressState.RUNNING,
            done=4200,
            total=10000,
            cancel_requested_at=now,
        ),
        "done": Progress(
            pk=0, kind="pay_run", state=ProgressState.DONE, done=10000, total=10000, ended_at=now
        ),
        "comments": [
            SimpleNamespace(
                author=SimpleNamespace(name="Priya Nair"),
                at=now - timedelta(hours=5),
                text="Why is order 1042 not here?",
            ),
            SimpleNamespace(
                author=SimpleNamespace(name="Dana Wolf"),
                at=now,
                text="It was returned in June.\nSee the returns below.",
            ),
        ],
        "problems": [
            {"where": "Line 12", "text": "The day “31.02.2026” does not exist."},
            {"where": "Line 40", "text": "No payee has the number “E-77”."},
        ],
        "tabs": [
            ("Summary", "#", True, None),
            ("Statements", "#", False, 120),
            ("Problems", "#", False, 3),
        ],
        "chips": [("All", "#", True), ("Open", "#", False), ("Released", "#", False)],
        "amounts": [
            (Decimal("1234567.891"), code)
            for code in ("USD", "TWD", "CNY", "JPY", "EUR", "BRL", "KWD")
        ],
        "loss": Decimal("-45.5"),
        "ratio": Decimal("0.0375"),
        "now": now,
    }
