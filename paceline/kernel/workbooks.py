"""XLSX files that are sent while they are made: one sheet, written row by row.

A workbook is a ZIP archive. Its fixed parts come first, then the sheet, compressed as its rows
arrive, so neither rows nor file ever stand in memory or on disk whole. Text is stored as text in
its cell, so formulas never run; the same rows make the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from unicodedata import east_asian_width
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from paceline.kernel.money import WrittenAmount

ROWS_MAX = 1_048_575
"""Rows that a sheet can hold below its header."""

TEXT_MAX = 32_767
DECIMALS_MAX = 4
FAST = 1
_CHUNK = 64 * 1024

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Amounts without decimals, with one, and so on.
_AMOUNTS = "".join(
    f'<numFmt numFmtId="{166 + places}" formatCode="{Decimal(0).scaleb(-places)}"/>'
    for places in range(DECIMALS_MAX + 1)
)
_AMOUNT_STYLES = "".join(
    f'<xf numFmtId="{166 + places}" applyNumberFormat="1" xfId="0"/>'
    for places in range(DECIMALS_MAX + 1)
)

_FIXED = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Style 1 is the bold header, 2 a day, 3 a moment, 4 an amount without decimals, and so on.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="7">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
        f"{_AMOUNTS}</numFmts>"
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="9"><xf xfId="0"/><xf fontId="1" applyFont="1" xfId="0"/>'
        '<xf numFmtId="164" applyNumberFormat="1" xfId="0"/>'
        '<xf numFmtId="165" applyNumberFormat="1" xfId="0"/>'
        f"{_AMOUNT_STYLES}</cellXfs>"
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ),
}
_ESCAPED = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_LONE = re.compile("[\ud800-\udfff]")


class _Sent:
    """A file that cannot be turned back: what was written is taken from it and sent."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def write(self, data: bytes) -> int:
        self.bytes += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken = bytes(self.bytes)
        self.bytes.clear()
        return taken


def workbook(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The bytes of a workbook, piece by piece; rows beyond what a sheet can hold are left out.

    A sheet of more than 2 GiB before compression breaks off with an error, so that the file cannot
    be mistaken for a whole one.
    """
    sent = _Sent()
    with ZipFile(sent, "w", ZIP_DEFLATED, compresslevel=FAST) as archive:  # type: ignore[call-overload]
        for name, text in _FIXED.items():
            with archive.open(name, "w") as part:
                part.write((_XML + text).encode())
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for chunk in _chunks(chain([_beginning(header)], _rows(header, rows), [_END])):
                sheet.write(chunk)
                if sent.bytes:
                    yield sent.take()
    yield sent.take()


def _chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """The pieces together, by and by, for compressing many small ones is slow."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield "".join(waiting).encode()
            waiting.clear()
            size = 0
    yield "".join(waiting).encode()


_END = "</sheetData></worksheet>"


def _beginning(header: Sequence[str]) -> str:
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{_width(name)}" customWidth="1"/>'
        for place, name in enumerate(header, start=1)
    )
    columns = f"<cols>{widths}</cols>" if widths else ""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews>{columns}<sheetData>"
    )


def _width(name: str) -> int:
    """Room for the name, for a day at least; a Chinese character takes two places."""
    places = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in name)
    return min(max(places + 2, 12), 60)


def _rows(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    names = [_text(_letters(place), "1", str(name), 1) for place, name in enumerate(header)]
    yield f'<row r="1">{"".join(names)}</row>'
    letters: list[str] = []
    for line, row in enumerate(rows, start=2):
        if line > ROWS_MAX + 1:
            return
        while len(letters) < len(row):
            letters.append(_letters(len(letters)))
        number = str(line)
        cells = "".join(
            [
                _cell(letter, number, value)
                for letter, value in zip(letters, row, strict=False)
                if value is not None and value != ""
            ]
        )
        yield f'<row r="{number}">{cells}</row>'


def _cell(column: str, line: str, value: Any) -> str:
    if type(value) is str:
        return _text(column, line, value)
    if isinstance(value, WrittenAmount) and value.is_finite():
        return _number(column, line, f"{value:f}", _style_of(value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        figure = f"{value:f}" if isinstance(value, Decimal) else str(value)
        # A spreadsheet knows no NaN and no infinity; they stay words.
        is_known = isinstance(value, int) or value.is_finite()
        return (_number if is_known else _text)(column, line, figure)
    if isinstance(value, datetime):
        return _number(column, line, _serial_moment(value), 3)
    if isinstance(value, date):
        return _number(column, line, str(value.toordinal() - _EPOCH), 2)
    return _text(column, line, str(value))


def _style_of(amount: Decimal) -> int:
    """So that 1234.50 is not shown as 1234.5."""
    places = -int(amount.as_tuple().exponent)
    return 4 + places if 0 <= places <= DECIMALS_MAX else 0


_EPOCH = date(1899, 12, 30).toordinal()


def _serial_moment(value: datetime) -> str:
    """Days since the epoch of spreadsheets, in the reader's zone, to the second."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    of_day = Decimal(seconds) * _SECOND
    return f"{Decimal(local.toordinal() - _EPOCH) + of_day:.10f}"


_SECOND = Decimal("0.0000115740740740740740741")  # of a day


def _number(column: str, line: str, figure: str, style: int = 0) -> str:
    look = f' s="{style}"' if style else ""
    return f'<c r="{column}{line}"{look}><v>{figure}</v></c>'


def _text(column: str, line: str, text: str, style: int = 0) -> str:
    text = text[:TEXT_MAX]
    if _ESCAPED.search(text):
        text = escape(_UNPRINTABLE.sub(_as_code, _LONE.sub("\ufffd", text)))
    look = f' s="{style}"' if style else ""
    # Without the mark spaces at either end, and line breaks, would be lost.
    keep = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f'<c r="{column}{line}"{look} t="inlineStr"><is><t{keep}>{text}</t></is></c>'


def _as_code(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _letters(place: int) -> str:
    """``0`` → ``A``, ``25`` → ``Z``, ``26`` → ``AA``."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
