"""Entered figures from files."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.goals import access
from paceline.goals.actions import figures
from paceline.goals.models import FigureKind, Unit
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
        aliases=(*PAYEE_NAMES, "客服"),
        hint=_("Employee number, e-mail address or name."),
        example="E-17",
    ),
    Field(
        "figure",
        pgettext_lazy("kind of figure", "Figure"),
        required=True,
        max_length=60,
        aliases=("figure name", "kpi", "indicator", "metric", "指標", "项目", "項目", "指标"),
        hint=_("Its name or label, as it is kept under Figures."),
        example="first-reply",
    ),
    Field(
        "period",
        _("Period"),
        FieldType.PERIOD,
        aliases=("quarter", "month", "year", "期間", "期间", "季度", "月份", "Zeitraum", "Período"),
        hint=_("Such as 2026Q3 or 2026-07: the figure counts on its last day; or give the day."),
        example="2026-07",
    ),
    Field(
        "on_date",
        _("Day it counts on"),
        FieldType.DAY,
        aliases=("date", "day", "on", "日期", "計入日", "计入日", "Datum", "Data"),
        example="",
    ),
    Field(
        "value",
        _("Value"),
        required=True,
        max_length=40,
        aliases=("score", "result", "amount", "數值", "数值", "值", "得分", "分數", "分数", "結果", "结果"),
        hint=_("A number; percentages with their sign, as 58%, or as 0.58."),
        example="18",
    ),
)  # fmt: skip
_SHAPE = "^-?[0-9]+(\\.[0-9]+)?%?$"
# Wide digits and signs, spaces and commas between thousands are only how a number is written.
_PLAIN = """
regexp_replace(regexp_replace(translate(value, '０１２３４５６７８９．，％－', '0123456789.,%-'), '\\s', '', 'g'),
               ',([0-9]{3})', '\\1', 'g')
"""
_NUMBER = "TRY_CAST(rtrim(plain, '%') AS DECIMAL(28, 12))"
TARGET = Target(
    table="goals_figure",
    key=("person_id", "kind_id", "on"),
    values=("value",),
    before="",
    records="""
        SELECT row, payee_id AS person_id, kind_id, counts_on AS "on",
               TRY_CAST(exact AS DECIMAL(18, 10)) AS value
        FROM accepted ORDER BY payee_id, kind_id, counts_on
    """,
    only="replaced_by_id IS NULL",
)


def check_figures(check: Check) -> None:
    known = list(FigureKind.objects.values_list("pk", "name", "label", "unit"))
    names = [
        (pk, text.casefold(), unit) for pk, name, label, unit in known for text in (name, label)
    ]
    unique = {text: (pk, unit) for pk, text, unit in reversed(names)}
    check.duck.register(
        "figure_kinds",
        pa.table(
            {
                "kind_name": pa.array(list(unique), pa.string()),
                "kind_id": pa.array([pk for pk, _unit in unique.values()], pa.int64()),
                "unit": pa.array([unit for _pk, unit in unique.values()], pa.string()),
            }
        ),
    )
    check.duck.execute(
        f"""
        CREATE OR REPLACE TABLE lines AS
        SELECT *, {_NUMBER} * CASE WHEN plain LIKE '%\\%' ESCAPE '\\' THEN 0.01 ELSE 1 END AS exact
        FROM (SELECT l.*, k.kind_id, k.unit, {_PLAIN} AS plain,
                     COALESCE(CAST(period_ends_before - INTERVAL 1 DAY AS DATE), on_date) AS counts_on
              FROM lines l LEFT JOIN figure_kinds k ON k.kind_name = lower(l.figure))
        """  # noqa: S608 - our own columns
    )
    shown = "json_object('value', left(value, 80))"
    for field, code, params, where in (
        ("figure", "figure_unknown", "json_object('value', left(figure, 80))",
         "figure <> '' AND kind_id IS NULL"),
        ("period", "day_missing", "'{}'",
         "counts_on IS NULL AND COALESCE(period_code, '') || on_date_text = ''"),
        ("value", "not_a_number", shown,
         f"value <> '' AND (NOT regexp_matches(plain, '{_SHAPE}') OR exact IS NULL)"),
        ("value", "figure_out_of_range", shown, "abs(exact) >= 100000000"),
        ("value", "too_many_places", "json_object('most', 10, 'value', left(value, 80))",
         "abs(exact) < 100000000 AND exact <> TRY_CAST(exact AS DECIMAL(18, 10))"),
        ("value", "percent_unclear", shown,
         f"unit = '{Unit.PERCENT}' AND NOT contains(plain, '%') AND abs(exact) > 1"),
        ("value", "percent_unexpected", shown,
         f"unit <> '{Unit.PERCENT}' AND contains(plain, '%')"),
    ):  # fmt: skip
        checking.add_problem(
            check,
            f"SELECT row, '{field}', '{code}', {params}, 'error' FROM lines WHERE {where}",  # noqa: S608
        )
    checking.refuse_repeats(check, ("payee_id", "kind_id", "counts_on"))


def match_figures(check: Check) -> Changes:
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_figures(check: Check, changes: Changes, commit: Commit) -> Changes:
    figures.write_figures(changes, commit)
    return changes


FIGURES = ImportKind(
    key="figures",
    label=_("Figures"),
    purpose=_("What somebody counted or judged: satisfaction, reply times, hours, results."),
    fields=FIELDS,
    may_import=access.may_enter_figures,
    check=check_figures,
    match=match_figures,
    apply=apply_figures,
    undo=figures.undo_figures,
    lock=figures.lock_figures,
    icon="abacus",
    day_field="counts_on",
    order=35,
)
