"""What was agreed or is stated outside the plans, from files."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking, kinds, places, staged
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Check, Field, FieldType, ImportKind
from paceline.incentives.access import pay
from paceline.incentives.models import Plan
from paceline.incentives.models.terms import (
    AgreedAmount,
    Agreement,
    BasePay,
    CoalitionValue,
    MinimumWage,
    Term,
)
from paceline.org.models import Person, Team

PAYEE = Field(
    "payee",
    _("Payee"),
    FieldType.PERSON,
    required=True,
    aliases=PAYEE_NAMES,
    hint=_("Employee number, e-mail address or name."),
    example="E-17",
)
AMOUNT = Field(
    "amount",
    _("Amount"),
    FieldType.DECIMAL,
    required=True,
    aliases=(
        "value",
        "sum",
        "pay",
        "wage",
        "金額",
        "金额",
        "薪資",
        "工资",
        "底薪",
        "Betrag",
        "Valor",
    ),
    example="1000.00",
)
CURRENCY = Field(
    "currency",
    _("Currency"),
    FieldType.CURRENCY,
    required=True,
    aliases=("currency code", "幣別", "币种", "货币", "Währung", "Moeda"),
    example="USD",
)
STARTS_ON = Field(
    "starts_on",
    _("First day"),
    FieldType.DAY,
    required=True,
    aliases=("from", "start", "start date", "開始日期", "开始日期", "起始日", "生效日"),
    example="2026-01-01",
)
LAST_DAY = Field(
    "last_day",
    _("Last day"),
    FieldType.DAY,
    aliases=("to", "until", "end", "end date", "結束日期", "结束日期", "截止日"),
)
PLAN = Field(
    "plan", _("Plan"), required=True, aliases=("plan code", "辦法", "方案"), example="sales"
)
CLAUSE = Field(
    "clause",
    _("Clause"),
    required=True,
    max_length=60,
    aliases=("guarantee", "draw", "條款", "条款"),
    hint=_("The id of the guarantee or draw in the plan."),
    example="first-quarter",
)
COUNTRY = Field(
    "country",
    _("Country"),
    FieldType.CHOICE,
    required=True,
    aliases=("country code", "國家", "国家", "Land", "País"),
    choices=places.COUNTRIES,
    example="CN",
)
REGION = Field(
    "region",
    _("Region"),
    required=True,
    max_length=80,
    aliases=("province", "city", "地區", "地区", "省市"),
    hint=_("As the employments write it."),
    example="Shanghai",
)
ABOUT = Field(
    "about",
    pgettext_lazy("agreement", "About"),
    FieldType.CHOICE,
    required=True,
    aliases=("kind", "type", "類型", "类型"),
    choices={
        "clawback": ("clawback", "追回", "扣回"),
        "holdback": ("holdback", "暫扣款", "预留提成", "暂扣"),
    },
    hint=_("clawback or holdback."),
    example="clawback",
)
REFERENCE = Field(
    "reference",
    pgettext_lazy("agreement", "Where it stands"),
    required=True,
    aliases=("document", "contract", "文件", "合約", "合同", "协议"),
    example="Contract 2026-17",
)
POOL = Field(
    "pool",
    _("Name in plans"),
    required=True,
    max_length=60,
    aliases=("pool", "獎金池", "奖金池"),
    example="show",
)
TEAM = Field(
    "team",
    _("Team"),
    required=True,
    max_length=120,
    aliases=("team code", "團隊", "团队"),
    hint=_("Its code or name."),
    example="north",
)
MEMBERS = Field(
    "members",
    _("Members"),
    required=True,
    max_length=400,
    aliases=("coalition", "成員", "成员"),
    hint=_("Employee numbers joined by +, such as E-17+E-23."),
    example="E-17+E-23",
)
VALUE = Field(
    "value",
    _("Value"),
    FieldType.DECIMAL,
    required=True,
    aliases=("amount", "worth", "數值", "数值", "值"),
    hint=_("What these members together are worth to the pool."),
    example="600.00",
)
_TYPES = {"plan_id": pa.int64(), "payee_id": pa.int64(), "team_id": pa.int64()}


def _check(
    model: type[Term], key: dict[str, str], look: Callable[[Check], None] | None, check: Check
) -> None:
    """``key``: for each column of the lines that of the table."""
    if look is not None:
        look(check)
    staged.read_days(check)
    for name in ("amount", "value"):
        if any(field.name == name for field in check.kind.fields):
            checking.add_problem(
                check,
                f"SELECT row, '{name}', 'negative_amount', json_object('value', {name}_text),"  # noqa: S608
                f" 'error' FROM lines WHERE {name} < 0",
            )
    rows = list(model.objects.values_list(*key.values(), "starts_on", "ends_before"))
    types = {name: _TYPES.get(name, pa.string()) for name in key}
    staged.refuse_overlaps(check, types, rows, "term_overlaps")


def _kind(
    key: str,
    model: type[Term],
    columns: dict[str, str],
    values: dict[str, str],
    fields: tuple[Field, ...],
    look: Callable[[Check], None] | None = None,
) -> ImportKind:
    """``columns`` and ``values``: for each column of the lines that of the table."""
    label, purpose, icon, order = WORDS[key]
    table = model._meta.db_table
    target = Target(
        table=table,
        key=(*columns.values(), "starts_on"),
        values=(*values.values(), "ends_before"),
        before="",
        records=f"""
            SELECT row, {", ".join(f"{name} AS {column}" for name, column in columns.items())},
                   starts_on,
                   {", ".join(f"{name} AS {column}" for name, column in values.items())},
                   ends_before
            FROM accepted ORDER BY {", ".join(columns)}, starts_on
        """,  # noqa: S608 - our own columns
    )
    return staged.staged_kind(
        target,
        check=lambda found: _check(model, columns, look, found),
        lock=table,
        key=key,
        label=label,
        purpose=purpose,
        fields=fields,
        may_import=pay.may_set_terms,
        icon=icon,
        day_field="starts_on",
        order=order,
    )


def _look_up_plan(check: Check) -> None:
    plans = dict(Plan.objects.values_list("code", "pk"))
    checking.look_up(check, "plan", plans, "plan_unknown")


def _look_up_team(check: Check) -> None:
    known = list(Team.objects.order_by("pk").values_list("pk", "code", "name"))
    names = {code: pk for pk, code, _name in known}
    checking.look_up(
        check,
        "team",
        names | {name: pk for pk, _c, name in known if name not in names},
        "team_unknown",
    )
    numbers = [(number,) for number in Person.objects.values_list("number", flat=True)]
    checking.register_rows(check, "numbers", numbers, number=pa.string())
    # Whatever the order in which a file names them, the same members are the same coalition.
    check.duck.execute(
        """
        CREATE OR REPLACE TABLE lines AS
        SELECT * REPLACE (array_to_string(list_sort(list_distinct(list_transform(
            string_split(members, '+'), lambda one: trim(one)))), '+') AS members) FROM lines
        """
    )
    checking.add_problem(
        check,
        """
        SELECT l.row, 'members', 'person_unknown', json_object('value', min(m.one)), 'error'
        FROM (SELECT row, unnest(string_split(members, '+')) AS one FROM lines) m
        JOIN lines l USING (row) WHERE m.one NOT IN (SELECT number FROM numbers)
        GROUP BY l.row
        """,
    )


WORDS = {
    "agreed_amounts": (
        _("Agreed amounts"),
        _("What a guarantee or a draw comes to for each payee, where it is agreed one by one."),
        "heart-handshake",
        80,
    ),
    "base_pay": (
        _("Base pay"),
        _("What people are paid a month besides incentives, for rules of law on deductions."),
        "cash-banknote",
        82,
    ),
    "minimum_wages": (
        _("Minimum wages"),
        _("The least that a month's pay may be left at, region by region."),
        "gavel",
        84,
    ),
    "agreements": (
        _("Agreements"),
        _("Which payees agreed to being deducted from, where the law asks for it."),
        "writing-sign",
        86,
    ),
    "coalitions": (
        _("Values of coalitions"),
        _("What members of a team are worth together, for pools shared by value."),
        "chart-circles",
        88,
    ),
}
DAYS = (STARTS_ON, LAST_DAY)


def register_kinds() -> None:
    for kind in (
        _kind(
            "agreed_amounts",
            AgreedAmount,
            {"plan_id": "plan_id", "clause": "clause", "payee_id": "person_id"},
            {"amount": "amount"},
            (PLAN, CLAUSE, PAYEE, AMOUNT, *DAYS),
            _look_up_plan,
        ),
        _kind(
            "base_pay",
            BasePay,
            {"payee_id": "person_id"},
            {"amount": "amount", "currency": "currency"},
            (PAYEE, AMOUNT, CURRENCY, *DAYS),
        ),
        _kind(
            "minimum_wages",
            MinimumWage,
            {"country": "country", "region": "region"},
            {"amount": "amount", "currency": "currency"},
            (COUNTRY, REGION, AMOUNT, CURRENCY, *DAYS),
        ),
        _kind(
            "agreements",
            Agreement,
            {"payee_id": "person_id", "about": "kind"},
            {"reference": "reference"},
            (PAYEE, ABOUT, REFERENCE, *DAYS),
        ),
        _kind(
            "coalitions",
            CoalitionValue,
            {"pool": "pool", "team_id": "team_id", "members": "members"},
            {"value": "value"},
            (POOL, TEAM, MEMBERS, VALUE, *DAYS),
            _look_up_team,
        ),
    ):
        kinds.register(kind)
