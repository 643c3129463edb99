"""Quotas from files."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.goals import access
from paceline.goals.actions import quotas
from paceline.goals.models import Quota
from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind

FIELDS = (
    Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        required=True,
        aliases=PAYEE_NAMES,
        hint=_("Employee number, e-mail address or name."),
        example="E-17",
    ),
    Field(
        "measure",
        _("Measure"),
        required=True,
        default="sales",
        max_length=60,
        aliases=("quota name", "指標", "指标"),
        example="sales",
    ),
    Field(
        "period",
        _("Period"),
        FieldType.PERIOD,
        aliases=("quarter", "month", "year", "期間", "期间", "季度", "月份", "Zeitraum", "Período"),
        hint=_("Such as 2026, 2026H2, 2026Q3 or 2026-07; or give the first and last day."),
        example="2026Q3",
    ),
    Field(
        "starts_on",
        _("First day"),
        FieldType.DAY,
        aliases=("from", "start", "start date", "開始日期", "开始日期", "起始日"),
        example="",
    ),
    Field(
        "last_day",
        _("Last day"),
        FieldType.DAY,
        aliases=("to", "until", "end", "end date", "結束日期", "结束日期", "截止日"),
        example="",
    ),
    Field(
        "amount",
        _("Quota"),
        FieldType.DECIMAL,
        required=True,
        aliases=("quota", "target", "goal", "業績目標", "销售指标", "目標", "目标", "指标额", "Ziel", "Meta"),
        example="367000.00",
    ),
    Field(
        "currency",
        _("Currency"),
        FieldType.CURRENCY,
        required=True,
        aliases=("currency code", "幣別", "币种", "货币", "Währung", "Moeda"),
        example="USD",
    ),
)  # fmt: skip
_DAYS = """
    COALESCE(period_starts_on, starts_on) AS first_day,
    COALESCE(period_ends_before, CAST(last_day + INTERVAL 1 DAY AS DATE)) AS day_after
"""
TARGET = Target(
    table="goals_quota",
    key=("person_id", "measure", "starts_on"),
    values=("ends_before", "amount", "currency"),
    before="",
    records="""
        SELECT row, payee_id AS person_id, measure, first_day AS starts_on,
               day_after AS ends_before, amount, currency
        FROM accepted ORDER BY payee_id, measure, first_day
    """,
    only="replaced_by_id IS NULL",
)


def check_quotas(check: Check) -> None:
    check.duck.execute(f"CREATE OR REPLACE TABLE lines AS SELECT *, {_DAYS} FROM lines")  # noqa: S608
    checking.add_problem(
        check,
        "SELECT row, 'period', 'days_missing', '{}', 'error' FROM lines"
        " WHERE (first_day IS NULL OR day_after IS NULL)"
        " AND COALESCE(period_code, '') = ''",
    )
    checking.add_problem(
        check,
        "SELECT row, 'last_day', 'ends_before_start', '{}', 'error' FROM lines"
        " WHERE day_after <= first_day",
    )
    checking.add_problem(
        check,
        "SELECT row, 'amount', 'negative_quota', json_object('value', amount_text), 'error'"
        " FROM lines WHERE amount < 0",
    )
    checking.refuse_repeats(check, ("payee_id", "measure", "first_day"))
    rows = list(
        Quota.objects.standing().values_list("person_id", "measure", "starts_on", "ends_before")
    )
    types = (pa.int64(), pa.string(), pa.date32(), pa.date32())
    names = ("payee_id", "measure", "first_day", "day_after")
    columns = {
        name: pa.array([row[index] for row in rows], kind)
        for index, (name, kind) in enumerate(zip(names, types, strict=True))
    }
    check.duck.register("standing", pa.table(columns))
    checking.add_problem(
        check,
        """
        WITH every AS (
            SELECT row, payee_id, measure, first_day, day_after FROM lines
            UNION ALL BY NAME
            SELECT s.* FROM standing s ANTI JOIN lines l
                ON l.payee_id = s.payee_id AND l.measure = s.measure AND l.first_day = s.first_day)
        SELECT a.row, 'period', 'quota_overlaps', json_object(
               'starts_on', CAST(min(b.first_day) AS VARCHAR),
               'ends_before', CAST(min_by(b.day_after, b.first_day) AS VARCHAR)), 'error'
        FROM lines a JOIN every b ON b.payee_id = a.payee_id AND b.measure = a.measure
             AND b.first_day < a.day_after AND a.first_day < b.day_after
             AND b.first_day <> a.first_day
        GROUP BY a.row
        """,
    )


def match_quotas(check: Check) -> Changes:
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_quotas(check: Check, changes: Changes, commit: Commit) -> Changes:
    quotas.write_quotas(changes, commit)
    return changes


QUOTAS = ImportKind(
    key="quotas",
    label=_("Quotas"),
    purpose=_("What each payee is asked to reach in a period."),
    fields=FIELDS,
    may_import=access.may_set_quota,
    check=check_quotas,
    match=match_quotas,
    apply=apply_quotas,
    undo=quotas.undo_quotas,
    lock=quotas.lock_quotas,
    icon="target",
    day_field="first_day",
    sum_field="amount",
    currency_field="currency",
    order=30,
)
