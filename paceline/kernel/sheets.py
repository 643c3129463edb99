"""Rows as CSV or XLSX files that no spreadsheet will execute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from paceline.kernel.parts import InParts

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
XLSX_ROWS_MAX = 1_048_575


def harmless(value: Any) -> Any:
    """A cell for CSV: numbers stay numbers, text that a spreadsheet would run gets a quote mark."""
    if value is None:
        return ""
    if isinstance(value, bool | int | Decimal):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Echo:
    """A file that hands back what is written, so that rows stream."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """UTF-8 with a byte-order mark, so that spreadsheets read Chinese; one chunk a row."""
    writer = csv.writer(_Echo())
    yield "\ufeff".encode()
    yield str(writer.writerow([harmless(str(name)) for name in header])).encode()
    for row in rows:
        yield str(writer.writerow([harmless(value) for value in row])).encode()


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet; text is stored as text, so formulas never run; numbers keep all their digits."""
    target = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - same rows, same bytes
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(header):
            sheet.write_string(0, place, str(name), bold)
        for line, row in enumerate(rows, start=1):
            if line > XLSX_ROWS_MAX:
                break
            for place, value in enumerate(row):
                _write_cell(sheet, line, place, value)
    return target.getvalue()


def _write_cell(sheet: Any, line: int, place: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        sheet.write_number(line, place, value)
    else:
        plain = value if isinstance(value, str) else harmless(value)
        sheet.write_string(line, place, str(plain)[:32_767])


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> InParts:
    response = InParts(
        _as_read_here(csv_lines(header, rows)), content_type="text/csv; charset=utf-8"
    )
    return _as_download(response, f"{name}.csv")


def _as_read_here(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines in the language and time zone of now: they are sent after the request has ended."""
    language = translation.get_language()
    zone = timezone.get_current_timezone()

    def next_line() -> bytes | None:
        with translation.override(language), timezone.override(zone):
            return next(lines, None)

    return iter(next_line, None)


def xlsx_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _as_download(HttpResponse(xlsx_bytes(header, rows), content_type=kind), f"{name}.xlsx")


Download = TypeVar("Download", HttpResponse, InParts)


def _as_download(response: Download, name: str) -> Download:
    response.headers["Content-Disposition"] = str(
        content_disposition_header(as_attachment=True, filename=name)
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
