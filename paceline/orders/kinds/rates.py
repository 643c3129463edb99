"""Exchange rates from files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.orders import access
from paceline.orders.actions import lines

FIELDS = (
    Field(
        "from_currency",
        _("From currency"),
        FieldType.CURRENCY,
        required=True,
        aliases=("from", "base", "base currency", "來源幣別", "源币种", "原幣", "原币"),
        example="EUR",
    ),
    Field(
        "to_currency",
        _("To currency"),
        FieldType.CURRENCY,
        required=True,
        aliases=("to", "quote", "target currency", "目標幣別", "目标币种", "本幣", "本币"),
        example="USD",
    ),
    Field(
        "rate_date",
        _("Date"),
        FieldType.DAY,
        required=True,
        aliases=("date", "on", "day", "日期", "Datum", "Data"),
        example="2026-07-31",
    ),
    Field(
        "rate",
        pgettext_lazy("of a currency", "Rate"),
        FieldType.DECIMAL,
        required=True,
        places=10,
        aliases=("exchange rate", "average rate", "匯率", "汇率", "Kurs"),
        hint=_("Units of the second currency for one unit of the first."),
        example="1.0812",
    ),
    Field(
        "rate_type",
        _("Kind of rate"),
        required=True,
        max_length=20,
        default="average",
        aliases=("type", "類型", "类型"),
        example="average",
    ),
)
KEY = ("from_currency", "to_currency", "rate_date", "rate_type")
TARGET = Target(
    table="orders_exchangerate",
    key=("from_currency", "to_currency", "on", "rate_type"),
    values=("rate",),
    before="orders_exchangeratebefore",
    records="""
        SELECT row, from_currency, to_currency, rate_date AS "on", rate_type, rate
        FROM accepted ORDER BY ALL
    """,
)


def check_rates(check: Check) -> None:
    checking.refuse_repeats(check, KEY)
    checking.add_problem(
        check,
        "SELECT row, 'rate', 'rate_not_positive', json_object('value', rate_text), 'error'"
        " FROM lines WHERE rate <= 0",
    )
    checking.add_problem(
        check,
        "SELECT row, 'to_currency', 'same_currency', json_object('value', to_currency), 'error'"
        " FROM lines WHERE from_currency = to_currency",
    )


def match_rates(check: Check) -> Changes:
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_rates(check: Check, changes: Changes, commit: Commit) -> Changes:
    staging.write(TARGET, changes, commit)
    return changes


def undo_rates(commit: Commit) -> None:
    lines.undo_rates(TARGET, commit)


EXCHANGE_RATES = ImportKind(
    key="exchange_rates",
    label=_("Exchange rates"),
    purpose=_("What one currency was worth in another, day by day."),
    fields=FIELDS,
    may_import=access.may_import_rates,
    check=check_rates,
    match=match_rates,
    apply=apply_rates,
    undo=undo_rates,
    lock=lines.lock_rates,
    icon="currency-dollar",
    day_field="rate_date",
    order=40,
)
