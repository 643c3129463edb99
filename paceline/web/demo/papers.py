"""The files that such companies send, each in the shape its own systems write."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from paceline.web.demo.sales import Line, Share

Cells = Sequence[object]


@dataclass(frozen=True, slots=True)
class Paper:
    """How a system writes its files: encoding, delimiter, dates, decimal mark, column names."""

    encoding: str = "utf-8"
    delimiter: str = ","
    day: str = "%Y-%m-%d"
    decimal_comma: bool = False
    ending: str = "csv"
    header: tuple[str, ...] = ()

    def number(self, value: Decimal) -> str:
        return str(value).replace(".", ",") if self.decimal_comma else str(value)


_ZH_HANT = (
    "訂單編號",
    "項次",
    "下單日期",
    "員工編號",
    "客戶",
    "商品",
    "類別",
    "通路",
    "地區",
    "數量",
    "金額",
    "成本",
    "幣別",
)
_ZH_HANS = (
    "订单编号",
    "行号",
    "下单日期",
    "员工编号",
    "客户",
    "商品",
    "类别",
    "渠道",
    "地区",
    "数量",
    "金额",
    "成本",
    "币种",
)
_ENGLISH = (
    "order", "line", "order date", "employee number", "customer", "product", "category", "channel",
    "territory", "quantity", "amount", "cost", "currency",
)  # fmt: skip
_GERMAN = (
    "Bestellnummer", "Pos", "Bestelldatum", "Verkäufer", "Kunde", "Artikel", "category", "Kanal",
    "Gebiet", "Menge", "Betrag", "Kosten", "Währung",
)  # fmt: skip
_PORTUGUESE = (
    "Pedido", "line", "Data", "Vendedor", "Cliente", "Produto", "category", "Canal", "territory",
    "Quantidade", "Valor", "Custo", "Moeda",
)  # fmt: skip

TAIPEI_OLD = Paper("big5", ",", "%Y/%m/%d", header=_ZH_HANT)
PAPERS = {
    "taipei": Paper("utf-8-sig", ",", "%Y/%m/%d", header=_ZH_HANT),
    "shanghai": Paper("gb18030", "\t", "%Y-%m-%d", ending="tsv", header=_ZH_HANS),
    "shenzhen": Paper("utf-16", ",", "%Y-%m-%d", header=_ENGLISH),
    "tokyo": Paper("utf-8", "|", "%Y/%m/%d", ending="psv", header=_ENGLISH),
    "berlin": Paper("utf-8", ";", "%d.%m.%Y", decimal_comma=True, header=_GERMAN),
    "sao-paulo": Paper(ending="xlsx", header=_PORTUGUESE),
}


@dataclass(frozen=True, slots=True)
class Days:
    """Further columns of a line that a market's system exports: days as far as they have come, and
    whatever else its plans read.
    """

    header: tuple[str, ...]
    of: Callable[[Line], tuple[date | str | None, ...]]


NO_DAYS = Days((), lambda _line: ())


def write_lines(lines: Iterable[Line], paper: Paper, path: Path, days: Days = NO_DAYS) -> Path:
    """Order lines as the market's system exports them."""
    rows = (
        (
            *_line_cells(line, paper),
            *(_cell(value, paper) for value in days.of(line)),
        )
        for line in lines
    )
    return write(paper, path, (*paper.header, *days.header), rows)


def _cell(value: date | str | None, paper: Paper) -> str:
    return value.strftime(paper.day) if isinstance(value, date) else value or ""


def write_returns(returns: Iterable[tuple[str, Line]], path: Path) -> Path:
    """Returns of all shops from one desk, each naming the shop and the line that it takes back."""
    header = (
        "shop",
        "return no",
        "line",
        "return date",
        "order",
        "order line",
        "quantity",
        "amount",
    )
    rows = (
        (
            shop,
            line.order,
            line.line,
            line.day,
            *(line.returns or ("", "")),
            -line.quantity,
            -line.amount,
        )
        for shop, line in returns
    )
    return write(Paper(), path, header, rows)


def write_shares(shares: Iterable[Share], path: Path) -> Path:
    header = ("order", "line", "payee", "share")
    rows = ((share.order, share.line, share.person, share.share) for share in shares)
    return write(Paper(), path, header, rows)


def write(paper: Paper, path: Path, header: Cells, rows: Iterable[Cells]) -> Path:
    """Write one file; the name tells the type, the bytes are what the paper says."""
    path = path.with_suffix(f".{paper.ending}")
    _WRITERS.get(paper.ending, _write_text)(paper, path, header, rows)
    return path


def _line_cells(line: Line, paper: Paper) -> Cells:
    is_sheet = paper.ending == "xlsx"
    return (
        line.order,
        line.line,
        line.day if is_sheet else line.day.strftime(paper.day),
        line.seller,
        line.customer,
        line.product,
        line.category,
        line.channel,
        line.territory,
        line.quantity,
        line.amount if is_sheet else paper.number(line.amount),
        line.cost if is_sheet else paper.number(line.cost),
        line.currency,
    )


def _write_text(paper: Paper, path: Path, header: Cells, rows: Iterable[Cells]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=paper.delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(paper.encoding))


def _write_sheet(_paper: Paper, path: Path, header: Cells, rows: Iterable[Cells]) -> None:
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("Pedidos")
        for row, cells in enumerate((header, *rows)):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)


_WRITERS: dict[str, Callable[[Paper, Path, Cells, Iterable[Cells]], None]] = {"xlsx": _write_sheet}
