"""Rows as CSV or XLSX files that no spreadsheet will execute."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from paceline.kernel import workbooks
from paceline.kernel.parts import PART_BYTES, InParts

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*%?")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class WrittenNumber(str):
    """A number as somebody wrote it: its sign begins no formula."""

    __slots__ = ()


def as_written(text: str) -> str:
    """A cell of somebody's own file: what is a number there stays one in the file handed back."""
    return WrittenNumber(text) if NUMBER.fullmatch(text) else text


def harmless(value: Any) -> Any:
    """A cell for CSV: numbers stay numbers, text that a spreadsheet would run gets a quote mark."""
    if type(value) is str:  # most cells are
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    if value is None:
        return ""
    if isinstance(value, bool | int | Decimal | WrittenNumber):
        return value
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_parts(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """UTF-8 with a byte-order mark, so that spreadsheets read Chinese; many rows a piece."""
    page = io.StringIO()
    writer = csv.writer(page)
    page.write("\ufeff")
    writer.writerow([harmless(str(name)) for name in header])
    for row in rows:
        writer.writerow([harmless(value) for value in row])
        if page.tell() >= PART_BYTES:
            yield page.getvalue().encode()
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode()


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook in one piece, for a file that is kept."""
    return b"".join(workbooks.workbook(header, rows))


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> InParts:
    answer = InParts(_as_read_here(csv_parts(header, rows)), content_type=CSV)
    return _as_download(answer, f"{name}.csv")


def xlsx_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> InParts:
    answer = InParts(_as_read_here(workbooks.workbook(header, rows)), content_type=XLSX)
    return _as_download(answer, f"{name}.xlsx")


def _as_read_here(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces in the language and time zone of now: the request has ended when they are sent."""
    language = translation.get_language()
    zone = timezone.get_current_timezone()

    def next_piece() -> bytes | None:
        with translation.override(language), timezone.override(zone):
            return next(pieces, None)

    return iter(next_piece, None)


def _as_download(response: InParts, name: str) -> InParts:
    response.headers["Content-Disposition"] = str(
        content_disposition_header(as_attachment=True, filename=name)
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
