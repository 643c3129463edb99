"""Rows of tables of rates, from files: as strict as tiers that a plan states."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking, staged
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Check, Field, FieldType, ImportKind, register
from paceline.incentives.access import pay
from paceline.incentives.calculation import rate_tables
from paceline.incentives.kinds.terms import CURRENCY, DAYS, PAYEE
from paceline.incentives.models import RateRow, RateRowBefore
from paceline.incentives.queries.rate_rows import stored_rows
from paceline.orders import attributes
from paceline.orders.models import AttributeType, LineAttribute
from paceline.org.models import Person

FAULTS_MOST = 1_000
KEY = ("rate_table", "keys", "starts_on", "above")
# Columns of the order line by which rates may be asked, with the names that files use for them.
_LINE: tuple[Field, ...] = (
    Field("product", _("Product"), aliases=("SKU", "item", "產品", "商品", "产品"), example="pen"),
    Field("category", _("Category"), aliases=("product group", "類別", "类别", "品类")),
    Field("channel", _("Channel"), aliases=("通路", "渠道"), example="web"),
    Field(
        "territory", _("Territory"), aliases=("region", "country", "區域", "地区", "国家", "國家")
    ),
    Field("customer", _("Customer"), aliases=("account", "客戶", "客户")),
)
NAME = Field(
    "rate_table",
    _("Name in plans"),
    required=True,
    max_length=63,
    aliases=("table", "price list", "費率表", "费率表"),
    hint=_("As the plan names the table: small letters, digits and hyphens."),
    example="price-list",
)
ABOVE = Field(
    "above",
    pgettext_lazy("of a tier", "From"),
    FieldType.DECIMAL,
    aliases=("lower", "from amount", "起點", "起点", "下限"),
    places=8,
    default="0",
    hint=_("Where the tier begins: an amount, or a share of the quota such as 0.8."),
    example="0",
)
ENDS_AT = Field(
    "ends_at",
    pgettext_lazy("of a tier", "To"),
    FieldType.DECIMAL,
    aliases=("upper", "to amount", "終點", "终点", "上限"),
    places=8,
    hint=_("A tier ends where the next begins; “to” may stay empty."),
)
PAYS = (
    Field(
        "rate",
        _("Rate"),
        FieldType.SHARE,
        aliases=("commission rate", "percent", "比率", "比例", "费率", "費率"),
        hint=_("Of the amount sold, such as 2.5%."),
        example="2.5%",
    ),
    Field(
        "per_unit",
        _("Amount a unit"),
        FieldType.DECIMAL,
        aliases=("per unit", "每件金額", "每件金额"),
        places=8,
    ),
    Field(
        "amount",
        _("Amount"),
        FieldType.DECIMAL,
        aliases=("fixed amount", "金額", "金额"),
    ),
)
_STARTS = Field(
    DAYS[0].name,
    DAYS[0].label,
    FieldType.DAY,
    required=True,
    aliases=("start", "start date", "valid from", "開始日期", "开始日期", "生效日"),
    example="2026-01-01",
)


def own_fields() -> tuple[Field, ...]:
    """A field for each attribute of the company's own that holds texts or people."""
    wanted = {f"{attributes.PREFIX}{one.name}" for one in _own()}
    return tuple(field for field in attributes.fields() if field.name in wanted)


def _own() -> list[LineAttribute]:
    texts = {AttributeType.TEXT, AttributeType.PERSON}
    return [one for one in attributes.known() if AttributeType(one.type) in texts]


def key_columns() -> dict[str, str]:
    """The columns by which rates may be asked, in order, each with its text in a line of a file."""
    number = "(SELECT n.number FROM numbers n WHERE n.id = {}_id)"
    found = {field.name: f"nullif({field.name}, '')" for field in _LINE}
    found["payee_id"] = number.format("payee")
    for one in _own():
        name = f"{attributes.PREFIX}{one.name}"
        is_person = one.type == AttributeType.PERSON
        found[one.name] = number.format(name) if is_person else f"nullif({name}, '')"
    return dict(sorted(found.items()))


def check_rows(check: Check) -> None:
    """Days, what is paid, and the tiers and days of every key together with what is stored."""
    staged.read_days(check)
    numbers = list(Person.objects.values_list("pk", "number"))
    checking.register_rows(check, "numbers", numbers, id=pa.int64(), number=pa.string())
    columns = key_columns()
    parts = ", ".join(
        f"'\"{name}\":' || CAST(to_json({value}) AS VARCHAR)" for name, value in columns.items()
    )
    said = ", ".join(f"{value} AS key_{name}" for name, value in columns.items())
    check.duck.execute(
        f"CREATE OR REPLACE TABLE lines AS SELECT *, coalesce(rate, per_unit) AS paid_rate,"  # noqa: S608
        f" {said}, '{{' || concat_ws(',', {parts}) || '}}' AS keys FROM lines"
    )
    for test, field, code in (
        ("NOT regexp_full_match(rate_table, '[a-z][a-z0-9-]*')", "rate_table", "rate_table_name"),
        ("above < 0", "above", "rate_rows_below_zero"),
        (
            "(rate IS NOT NULL)::INT + (per_unit IS NOT NULL)::INT + (amount IS NOT NULL)::INT <> 1",
            "rate",
            "rate_pays_one",
        ),
        ("strlen(keys) > 1000", "rate_table", "rate_keys_too_long"),
    ):
        query = f"SELECT row, '{field}', '{code}', '{{}}', 'error' FROM lines WHERE {test}"  # noqa: S608
        checking.add_problem(check, query)
    checking.refuse_repeats(check, KEY)
    _refuse_faults(check, columns)
    checking.refuse_together(check, ("rate_table", "keys"))


def _refuse_faults(check: Check, columns: Iterable[str]) -> None:
    """What is wrong with the tiers and days of the tables that the file speaks of."""
    names = list(columns)
    wanted = [*KEY, "ends_before", "ends_at", "paid_rate", "amount", "currency"]
    said = ", ".join([*wanted, *(f"key_{name}" for name in names)])
    rows = check.duck.sql(f"SELECT row, {said} FROM lines ORDER BY row").to_arrow_table()  # noqa: S608
    tables = rows.column("rate_table").unique().to_pylist()
    found = rate_tables.faults_of(rows, stored_rows(tables), names, FAULTS_MOST)
    checking.register_rows(
        check, "rate_faults", found, row=pa.int64(), code=pa.string(), detail=pa.string()
    )
    checking.add_problem(
        check,
        "SELECT DISTINCT row, 'above', code, json_object('detail', detail), 'error'"
        " FROM rate_faults",
    )


def _kind() -> ImportKind:
    table = RateRow._meta.db_table
    values = ("ends_before", "ends_at", "rate", "amount", "currency")
    target = Target(
        table=table,
        key=KEY,
        values=values,
        before=RateRowBefore._meta.db_table,
        records="""
            SELECT row, rate_table, keys, starts_on, above, ends_before, ends_at,
                   paid_rate AS rate, amount, coalesce(currency, '') AS currency
            FROM accepted ORDER BY rate_table, keys, starts_on, above
        """,
    )
    return staged.staged_kind(
        target,
        check=check_rows,
        lock=table,
        key="rate_rows",
        label=_("Rows of tables of rates"),
        purpose=_("Rates by product, channel, customer or payee, from a day on, for plans."),
        fields=(
            NAME,
            *_LINE,
            _optional(PAYEE),
            ABOVE,
            ENDS_AT,
            *PAYS,
            _optional(CURRENCY),
            _STARTS,
            DAYS[1],
        ),
        more_fields=own_fields,
        may_import=pay.may_set_terms,
        icon="table",
        day_field="starts_on",
        order=90,
    )


def _optional(field: Field) -> Field:
    return Field(
        field.name, field.label, field.type, aliases=field.aliases, hint=field.hint, example=""
    )


def register_kind() -> None:
    register(_kind())
