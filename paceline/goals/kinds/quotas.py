"""Quotas of payees and of teams from files."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.goals import access
from paceline.goals.actions import quotas
from paceline.goals.models import Quota
from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.org.models import Team

PAYEE = Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        required=True,
        aliases=PAYEE_NAMES,
        hint=_("Employee number, e-mail address or name."),
        example="E-17",
    )  # fmt: skip
TEAM = Field(
    "team",
    _("Team"),
    required=True,
    max_length=120,
    aliases=("team code", "group", "團隊", "團隊代碼", "團隊名稱", "团队", "团队代码", "团队名称", "Mannschaft", "Time"),
    hint=_("Its code or name."),
    example="north",
)  # fmt: skip
ASKED = (
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
        aliases=("quota", "target", "goal", "amount", "金額", "金额", "業績目標", "销售指标", "目標", "目标", "指标额", "Ziel", "Meta"),
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


def _target(field: str, column: str) -> Target:
    return Target(
        table="goals_quota",
        key=(column, "measure", "starts_on"),
        values=("ends_before", "amount", "currency"),
        before="",
        records=f"""
            SELECT row, {field}_id AS {column}, measure, first_day AS starts_on,
                   day_after AS ends_before, amount, currency
            FROM accepted ORDER BY {field}_id, measure, first_day
        """,  # noqa: S608 - our own columns
        only=f"replaced_by_id IS NULL AND {column} IS NOT NULL",
    )


def _check_teams(check: Check) -> None:
    known = list(Team.objects.order_by("pk").values_list("pk", "code", "name"))
    codes = {code: pk for pk, code, _name in known}
    checking.look_up(
        check,
        "team",
        codes | {name: pk for pk, _code, name in known if name not in codes},
        "team_unknown",
    )


def _check(holder: str, check: Check) -> None:
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
    who = "team_id" if holder == "team" else "payee_id"
    checking.refuse_repeats(check, (who, "measure", "first_day"))
    column = "team_id" if holder == "team" else "person_id"
    standing = Quota.objects.standing().filter(**{f"{column}__isnull": False})
    checking.register_rows(
        check,
        "standing",
        list(standing.values_list(column, "measure", "starts_on", "ends_before")),
        **{who: pa.int64()},
        measure=pa.string(),
        first_day=pa.date32(),
        day_after=pa.date32(),
    )
    checking.add_problem(
        check,
        f"""
        WITH every AS (
            SELECT row, {who}, measure, first_day, day_after FROM lines
            UNION ALL BY NAME
            SELECT s.* FROM standing s ANTI JOIN lines l
                ON l.{who} = s.{who} AND l.measure = s.measure AND l.first_day = s.first_day)
        SELECT a.row, 'period', 'quota_overlaps', json_object(
               'starts_on', CAST(min(b.first_day) AS VARCHAR),
               'ends_before', CAST(min_by(b.day_after, b.first_day) AS VARCHAR)), 'error'
        FROM lines a JOIN every b ON b.{who} = a.{who} AND b.measure = a.measure
             AND b.first_day < a.day_after AND a.first_day < b.day_after
             AND b.first_day <> a.first_day
        GROUP BY a.row
        """,  # noqa: S608 - our own columns
    )


def check_quotas(check: Check) -> None:
    _check("payee", check)


def check_team_quotas(check: Check) -> None:
    _check_teams(check)
    _check("team", check)


def _kind(
    key: str, holder: Field, column: str, check: Callable[[Check], None], order: int
) -> ImportKind:
    target = _target(holder.name, column)
    label, purpose, icon = WORDS[key]

    def match(check: Check) -> Changes:
        staging.stage(target, check)
        return staging.match(target)

    def apply(check: Check, changes: Changes, commit: Commit) -> Changes:
        quotas.write_quotas(column, changes, commit)
        return changes

    return ImportKind(
        key=key,
        label=label,
        purpose=purpose,
        fields=(holder, *ASKED),
        may_import=access.may_set_quota,
        check=check,
        match=match,
        apply=apply,
        undo=quotas.undo_quotas,
        lock=quotas.lock_quotas,
        icon=icon,
        day_field="first_day",
        sum_field="amount",
        currency_field="currency",
        order=order,
    )


WORDS = {
    "quotas": (_("Quotas"), _("What each payee is asked to reach in a period."), "target"),
    "team_quotas": (
        _("Quotas of teams"),
        _("What a team as a whole is asked to reach in a period."),
        "target-arrow",
    ),
}
QUOTAS = _kind("quotas", PAYEE, "person_id", check_quotas, 30)
TEAM_QUOTAS = _kind("team_quotas", TEAM, "team_id", check_team_quotas, 32)
