"""Owners of territories, accounts and channels from files."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.orders import access
from paceline.orders.actions import owners
from paceline.orders.models import Owner

FIELDS = (
    Field(
        "kind",
        _("Owned by column"),
        FieldType.CHOICE,
        required=True,
        aliases=("kind", "column", "type", "類型", "类型", "欄位", "栏位"),
        choices={
            "territory": ("territory", "region", "責任區", "地區", "地区", "片区"),
            "customer": ("customer", "account", "client", "客戶", "客户"),
            "product": ("product", "sku", "商品", "產品", "产品"),
            "category": ("category", "類別", "类别", "品类"),
            "channel": ("channel", "通路", "渠道"),
        },
        hint=_("Territory, customer, product, category or channel."),
        example="territory",
    ),
    Field(
        "key",
        _("What is owned"),
        required=True,
        aliases=("key", "name", "value", "account", "territory", "名稱", "名称", "值"),
        hint=_("As the order lines write it."),
        example="North",
    ),
    Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        required=True,
        aliases=(*PAYEE_NAMES, "owner", "負責人", "负责人"),
        example="E-17",
    ),
    Field(
        "share",
        _("Share"),
        FieldType.SHARE,
        default="100%",
        aliases=("split", "percent", "percentage", "拆分比例", "比例", "分成比例"),
        hint=_("The shares of all owners make at most 100% on any day."),
        example="100%",
    ),
    Field(
        "starts_on",
        _("First day"),
        FieldType.DAY,
        required=True,
        aliases=("from", "start", "start date", "開始日期", "开始日期", "起始日"),
        example="2026-01-01",
    ),
    Field(
        "last_day",
        _("Last day"),
        FieldType.DAY,
        aliases=("to", "until", "end", "end date", "結束日期", "结束日期", "截止日"),
        example="",
    ),
)  # fmt: skip
TARGET = Target(
    table="orders_owner",
    key=("kind", "key", "person_id", "starts_on"),
    values=("share", "ends_before"),
    before="orders_ownerbefore",
    records="""
        SELECT row, kind, key, payee_id AS person_id, starts_on,
               CAST(share AS DECIMAL(9, 8)) AS share, ends_before
        FROM accepted ORDER BY kind, key, payee_id, starts_on
    """,
)
_AFTER = "COALESCE({}.ends_before, DATE '9999-12-31')"


def check_owners(check: Check) -> None:
    check.duck.execute(
        "CREATE OR REPLACE TABLE lines AS SELECT *,"
        " CAST(last_day + INTERVAL 1 DAY AS DATE) AS ends_before FROM lines"
    )
    checking.add_problem(
        check,
        "SELECT row, 'last_day', 'ends_before_start', '{}', 'error' FROM lines"
        " WHERE ends_before <= starts_on",
    )
    checking.add_problem(
        check,
        "SELECT row, 'share', 'share_out_of_range', json_object('value', share_text), 'error'"
        " FROM lines WHERE share <= 0 OR share > 1",
    )
    checking.refuse_repeats(check, ("kind", "key", "payee_id", "starts_on"))
    rows = list(
        Owner.objects.values_list("kind", "key", "person_id", "share", "starts_on", "ends_before")
    )
    types = (pa.string(), pa.string(), pa.int64(), pa.decimal128(20, 8), pa.date32(), pa.date32())
    names = ("kind", "key", "payee_id", "share", "starts_on", "ends_before")
    columns = {
        name: pa.array([row[index] for row in rows], kind)
        for index, (name, kind) in enumerate(zip(names, types, strict=True))
    }
    check.duck.register("standing", pa.table(columns))
    check.duck.execute(
        """
        CREATE OR REPLACE TABLE every_owner AS
        SELECT row, kind, key, payee_id, share, starts_on, ends_before FROM lines
        WHERE payee_id IS NOT NULL AND starts_on IS NOT NULL AND share IS NOT NULL
        UNION ALL BY NAME
        SELECT s.* FROM standing s ANTI JOIN lines l USING (kind, key, payee_id, starts_on)
        """
    )
    checking.add_problem(
        check,
        f"""
        SELECT a.row, 'starts_on', 'owner_overlaps', json_object(
               'starts_on', CAST(min(b.starts_on) AS VARCHAR)), 'error'
        FROM every_owner a JOIN every_owner b USING (kind, key, payee_id)
        WHERE a.row IS NOT NULL AND a.starts_on <> b.starts_on
              AND b.starts_on < {_AFTER.format("a")} AND a.starts_on < {_AFTER.format("b")}
        GROUP BY a.row
        """,  # noqa: S608 - our own columns
    )
    # Shares only grow on a day on which somebody begins.
    checking.add_problem(
        check,
        f"""
        WITH sums AS (
            SELECT d.kind, d.key, d.day, sum(b.share) AS whole
            FROM (SELECT DISTINCT kind, key, starts_on AS day FROM every_owner) d
            JOIN every_owner b ON b.kind = d.kind AND b.key = d.key
                 AND b.starts_on <= d.day AND d.day < {_AFTER.format("b")}
            GROUP BY ALL HAVING whole > 1)
        SELECT a.row, 'share', 'owners_exceed', json_object(
               'sum', CAST(max(s.whole) AS VARCHAR), 'day', CAST(min(s.day) AS VARCHAR)), 'error'
        FROM every_owner a JOIN sums s ON s.kind = a.kind AND s.key = a.key
             AND a.starts_on <= s.day AND s.day < {_AFTER.format("a")}
        WHERE a.row IS NOT NULL GROUP BY a.row
        """,  # noqa: S608
    )


def match_owners(check: Check) -> Changes:
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_owners(check: Check, changes: Changes, commit: Commit) -> Changes:
    staging.write(TARGET, changes, commit)
    return changes


def undo_owners(commit: Commit) -> None:
    staging.refuse_if_changed_since(TARGET, commit)
    staging.take_back(TARGET, commit)


OWNERS = ImportKind(
    key="owners",
    label=_("Owners"),
    purpose=_("Who owns which territory, account or channel, alone or with others, and when."),
    fields=FIELDS,
    may_import=access.may_set_owners,
    check=check_owners,
    match=match_owners,
    apply=apply_owners,
    undo=undo_owners,
    lock=owners.lock_owners,
    icon="map-pins",
    day_field="starts_on",
    order=72,
)
