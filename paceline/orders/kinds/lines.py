"""Order lines from files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.imports import checking, queries
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind
from paceline.orders import access, attributes
from paceline.orders.actions import lines
from paceline.orders.kinds.missing_rates import warn_of_missing_rates
from paceline.orders.models import ClosedDays

SOURCE = Field(
    "source",
    _("Sales system"),
    required=True,
    default="shop",
    max_length=40,
    aliases=("system", "shop", "store", "店鋪", "店铺", "來源系統", "来源系统"),
    hint=_("Tells orders of two systems apart when their numbers meet."),
    example="shop",
)
ORDER_NUMBER = Field(
    "order_number",
    pgettext_lazy("sale", "Order"),
    required=True,
    max_length=60,
    aliases=(
        "order", "order id", "order no", "orderno", "SalesOrderNumber", "SalesOrderID", "name",
        "訂單編號", "訂單號碼", "訂單號", "订单编号", "订单号", "订单号码", "Bestellnummer", "Pedido",
    ),
    example="A-1001",
)  # fmt: skip
LINE_NUMBER = Field(
    "line_number",
    pgettext_lazy("sale", "Line"),
    required=True,
    max_length=40,
    counted_within="order_number",
    aliases=(
        "line", "line no", "line id", "item no", "position", "SalesOrderLineNumber",
        "SalesOrderDetailID", "項次", "行號", "行号", "明細編號", "明细编号", "子订单号", "Pos",
    ),
    hint=_("Without such a column the lines of an order are counted in the order of the file."),
    example="1",
)  # fmt: skip
QUANTITY = Field(
    "quantity",
    _("Quantity"),
    FieldType.DECIMAL,
    default="1",
    aliases=("qty", "OrderQuantity", "order qty", "數量", "数量", "Menge", "Quantidade"),
    example="2",
)
AMOUNT = Field(
    "amount",
    _("Amount"),
    FieldType.DECIMAL,
    required=True,
    aliases=(
        "net amount", "sales", "SalesAmount", "line total", "total", "revenue", "subtotal",
        "金額", "金额", "實付金額", "实付金额", "銷售額", "销售额", "淨額", "净额", "Betrag", "Valor",
    ),
    hint=_("Net of tax and discount, in the currency of the order."),
    example="1250.00",
)  # fmt: skip
COST = Field(
    "cost",
    _("Cost"),
    FieldType.DECIMAL,
    aliases=("TotalProductCost", "total cost", "成本", "Kosten", "Custo"),
    example="700.00",
)
CURRENCY = Field(
    "currency",
    _("Currency"),
    FieldType.CURRENCY,
    required=True,
    aliases=("currency code", "幣別", "幣種", "币种", "货币", "Währung", "Moeda"),
    example="USD",
)

INVOICED_ON = Field(
    "invoiced_on",
    _("Invoice date"),
    FieldType.DAY,
    aliases=(
        "invoiced",
        "invoiced on",
        "invoiced at",
        "billed on",
        "billing date",
        "發票日期",
        "開票日期",
        "开票日期",
        "发票日期",
        "开票时间",
        "Rechnungsdatum",
        "Data da fatura",
    ),
    hint=_("For plans that count on the day of the invoice."),
)
SHIPPED_ON = Field(
    "shipped_on",
    _("Shipping date"),
    FieldType.DAY,
    aliases=(
        "shipped",
        "shipped on",
        "shipped at",
        "ship date",
        "ShipDate",
        "fulfilled at",
        "delivery date",
        "出貨日期",
        "出貨日",
        "發貨日期",
        "发货日期",
        "发货时间",
        "出库日期",
        "Versanddatum",
        "Data de envio",
    ),
    hint=_("For plans that count on the day of the shipment."),
)
PAID_ON = Field(
    "paid_on",
    _("Payment date"),
    FieldType.DAY,
    aliases=(
        "paid",
        "paid on",
        "paid at",
        "payment received",
        "cash received",
        "collected on",
        "付款日期",
        "付款時間",
        "收款日期",
        "收款日",
        "入帳日期",
        "付款时间",
        "支付时间",
        "支付日期",
        "收款时间",
        "回款日期",
        "到账日期",
        "Zahlungsdatum",
        "Data do pagamento",
    ),
    hint=_("For plans that count on the day the money came in."),
)
FINAL_ON = Field(
    "final_on",
    _("End of the return window"),
    FieldType.DAY,
    aliases=(
        "final",
        "final on",
        "return window ends",
        "returnable until",
        "return deadline",
        "鑑賞期截止日",
        "鑑賞期截止",
        "退貨截止日",
        "可退貨至",
        "退货截止日",
        "退货期截止",
        "退换货截止日",
        "售后截止日",
        "Rückgabe bis",
        "Devolução até",
    ),
    hint=_("For plans that count once nothing can come back any more."),
)
SOLD_ON = Field(
    "sold_on",
    _("Date of the sale"),
    FieldType.DAY,
    aliases=(
        "sold",
        "sold on",
        "original order date",
        "原訂單日期",
        "原銷售日期",
        "原订单日期",
        "原销售日期",
    ),
    hint=_("Of a return that does not name the line it takes back."),
)
DAYS = (INVOICED_ON, SHIPPED_ON, PAID_ON, FINAL_ON, SOLD_ON)
FIELDS = (
    SOURCE,
    ORDER_NUMBER,
    LINE_NUMBER,
    Field(
        "ordered_on",
        _("Order date"),
        FieldType.DAY,
        required=True,
        aliases=(
            "date", "OrderDate", "ordered at", "created at", "paid at", "下單日期", "訂單日期",
            "下单日期", "订单日期", "下单时间", "日期", "Bestelldatum", "Data",
        ),
        example="2026-07-31",
    ),
    Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        aliases=(*PAYEE_NAMES, "owner"),
        hint=_("Employee number, e-mail address or name."),
        example="E-17",
    ),
    Field(
        "customer",
        _("Customer"),
        aliases=("ResellerKey", "client", "buyer", "客戶", "客户", "Kunde", "Cliente"),
        example="Aster",
    ),
    Field(
        "product",
        _("Product"),
        aliases=("ProductKey", "sku", "item", "商品", "產品", "产品", "Artikel", "Produto"),
        example="P-220",
    ),
    Field("category", _("Category"), max_length=120, aliases=("類別", "类别", "分類", "分类", "品类")),
    Field("channel", _("Channel"), max_length=80, aliases=("通路", "渠道", "Kanal", "Canal")),
    Field(
        "territory",
        _("Territory"),
        max_length=80,
        aliases=("SalesTerritoryKey", "region", "責任區", "地區", "地区", "片区", "Gebiet"),
    ),
    QUANTITY,
    AMOUNT,
    COST,
    CURRENCY,
    Field(
        "kind",
        _("Sale or return"),
        FieldType.CHOICE,
        default="sale",
        aliases=("type", "line type", "類型", "类型"),
        choices={
            "sale": ("sale", "order", "s", "銷售", "销售"),
            "return": ("return", "refund", "r", "退貨", "退货", "退款"),
        },
        example="sale",
    ),
    *DAYS,
)  # fmt: skip

VALUES = (
    "kind", "ordered_on", "person_id", "customer", "product", "category", "channel", "territory",
    "quantity", "amount", "cost", "currency", *(field.name for field in DAYS), "attributes",
)  # fmt: skip
KEY = ("source", "order_number", "line_number")
TARGET = Target(
    table="orders_orderline",
    key=KEY,
    values=VALUES,
    before="orders_orderlinebefore",
    records="""
        SELECT row, source, order_number, line_number, kind, ordered_on, payee_id AS person_id,
               customer, product, category, channel, territory,
               CASE WHEN kind = 'return' THEN -abs(quantity) ELSE quantity END AS quantity,
               CASE WHEN kind = 'return' THEN -abs(amount) ELSE amount END AS amount,
               CASE WHEN kind = 'return' THEN -abs(cost) ELSE cost END AS cost, currency,
               invoiced_on, shipped_on, paid_on, final_on, sold_on, own AS attributes
        FROM accepted
        -- Among lines of one day their ids decide what is shown first: line 2 before line 10.
        ORDER BY source, order_number, length(line_number), line_number
    """,
)


def check_lines(check: Check) -> None:
    attributes.gather(check)
    checking.refuse_repeats(check, KEY)
    checking.add_problem(
        check,
        "SELECT row, 'amount', 'negative_sale', json_object('value', amount_text), 'error'"
        " FROM lines WHERE amount < 0 AND kind = 'sale'",
    )
    checking.add_problem(
        check, "SELECT row, 'amount', 'zero_amount', '{}', 'warning' FROM lines WHERE amount = 0"
    )
    check_days(check)
    checking.add_problem(
        check,
        "SELECT row, 'sold_on', 'sold_on_of_a_sale', '{}', 'error'"
        " FROM lines WHERE sold_on IS NOT NULL AND kind = 'sale'",
    )
    checking.add_problem(
        check,
        "SELECT row, 'ordered_on', 'return_before_sale', json_object('day', CAST(ordered_on AS"
        " VARCHAR), 'sold_on', CAST(sold_on AS VARCHAR)), 'error'"
        " FROM lines WHERE kind = 'return' AND ordered_on < sold_on",
    )
    refuse_strangers(check, person="payee", day="ordered_on")
    warn_of_missing_rates(check)


def check_days(check: Check, *, rows: str = "lines") -> None:
    """The days of a line come one after another; only a deposit is paid before the order."""
    checking.add_problem(
        check,
        f"""
        SELECT row, 'final_on', 'final_too_early', json_object(
               'final_on', CAST(final_on AS VARCHAR),
               'day', CAST(greatest(ordered_on, shipped_on) AS VARCHAR)), 'error'
        FROM {rows} WHERE final_on < greatest(ordered_on, shipped_on)
        """,  # noqa: S608
    )
    for name in ("invoiced_on", "shipped_on", "paid_on"):
        checking.add_problem(
            check,
            f"""
            SELECT row, '{name}', 'day_before_order', json_object(
                   'ordered_on', CAST(ordered_on AS VARCHAR), 'day', CAST({name} AS VARCHAR)),
                   'warning'
            FROM {rows} WHERE {name} < ordered_on
            """,  # noqa: S608
        )


def refuse_strangers(check: Check, *, person: str, day: str) -> None:
    """A payee must be employed on the day of the line."""
    check.duck.register("employments", queries.employments())
    checking.add_problem(
        check,
        f"""
        SELECT l.row, '{person}',
               CASE WHEN any_value(e.person_id) IS NULL THEN 'payee_never_employed'
                    WHEN min(e.starts_on) > any_value(l.{day}) THEN 'payee_not_yet'
                    ELSE 'payee_left' END,
               json_object('value', left(any_value(l.{person}_text), 80),
                           'day', CAST(any_value(l.{day}) AS VARCHAR),
                           'starts_on', CAST(min(e.starts_on) AS VARCHAR),
                           'ends_before', CAST(max(e.ends_before) AS VARCHAR)),
               'error'
        FROM lines l LEFT JOIN employments e ON e.person_id = l.{person}_id
        WHERE l.{person}_id IS NOT NULL AND l.{day} IS NOT NULL
        GROUP BY l.row
        HAVING NOT COALESCE(bool_or(e.starts_on <= l.{day}
                            AND (e.ends_before IS NULL OR l.{day} < e.ends_before)), false)
        """,  # noqa: S608
    )


def match_lines(check: Check, target: Target = TARGET) -> Changes:
    """Compare with what is stored; what would change a closed day is refused."""
    staging.stage(target, check)
    lines.keep_attributes()
    changes = staging.match(target)
    if changes.new:
        checking.note_rows(check, [
            (row, "source", "known_elsewhere",
             {"system": system, "lines": count, "looked_at": looked_at, "order": order})
            for row, system, count, looked_at, order in lines.known_elsewhere()
        ])  # fmt: skip
    if not ClosedDays.objects.exists():
        return changes
    closed = lines.closed_changes(target)
    if not closed:
        return changes
    found = [(row, "ordered_on", "day_closed", {"day": day}) for row, day in closed]
    checking.refuse_rows(check, found)
    staging.drop_rows([row for row, _day in closed])
    return staging.match(target)


def apply_lines(check: Check, changes: Changes, commit: Commit) -> Changes:
    lines.write_lines(TARGET, changes, commit)
    return changes


def undo_lines(commit: Commit) -> None:
    lines.undo_lines(TARGET, commit)


ORDER_LINES = ImportKind(
    key="order_lines",
    label=_("Order lines"),
    purpose=_("What was sold, line by line: the base of every commission."),
    fields=FIELDS,
    more_fields=attributes.fields,
    may_import=access.may_import_lines,
    check=check_lines,
    match=match_lines,
    apply=apply_lines,
    undo=undo_lines,
    lock=lines.lock_lines,
    icon="receipt",
    day_field="ordered_on",
    sum_field="amount",
    currency_field="currency",
    order=50,
)
