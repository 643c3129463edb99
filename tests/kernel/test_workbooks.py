"""Workbooks that are sent while they are made, read back by a reader that is not ours."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy
from python_calamine import CalamineWorkbook

from paceline.kernel import sheets, workbooks
from paceline.kernel.parts import PART_BYTES
from tests.loops import in_loop


def read(data: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def written(*rows: list[Any]) -> list[list[Any]]:
    return read(b"".join(workbooks.workbook([f"H{n}" for n in range(len(rows[0]))], rows)))[1:]


def test_text_stays_text_whatever_it_begins_with() -> None:
    row = ["=1+1", "+1", "@x", "<b>&amp;", "繁體 简体", " two ", "a\nb", "_x0041_"]
    assert written(row) == [row]


def test_what_xml_cannot_hold_does_not_break_the_file() -> None:
    assert written(["a\x00b\x1fc", "\ud800", "\uffff"])[0][1] == "\ufffd"


def test_numbers_days_and_moments_are_what_they_are() -> None:
    with timezone.override(ZoneInfo("Asia/Taipei")):
        row = written(
            [
                Decimal("12345678901.2345"),
                7,
                True,
                date(2026, 7, 31),
                datetime(2026, 7, 31, 18, 0, 1, tzinfo=UTC),
                None,
                Decimal("NaN"),
                gettext_lazy("Language"),
            ]
        )[0]
    assert row == [
        12345678901.2345,
        7.0,
        "True",
        date(2026, 7, 31),
        datetime(2026, 8, 1, 2, 0, 1),  # noqa: DTZ001 - sheets know no zone
        "",
        "NaN",
        "Language",
    ]


def test_every_digit_is_in_the_file() -> None:
    data = b"".join(workbooks.workbook(["n"], [[Decimal("0.000000012345678901234567")]]))
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>0.000000012345678901234567</v>" in sheet


def test_the_same_rows_are_the_same_bytes() -> None:
    rows = [["a", Decimal(1)], ["b", date(2026, 1, 1)]]
    first = b"".join(workbooks.workbook(["x", "y"], rows))
    assert first == b"".join(workbooks.workbook(["x", "y"], rows))
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None


def test_columns_beyond_z() -> None:
    row = [f"c{n}" for n in range(60)]
    assert written(row) == [row]


def test_a_sheet_ends_where_it_is_full(monkeypatch: Any) -> None:
    monkeypatch.setattr(workbooks, "ROWS_MAX", 3)
    assert written(*[[str(n)] for n in range(9)]) == [["0"], ["1"], ["2"]]


def test_rows_are_made_only_as_they_are_sent() -> None:
    made: list[int] = []

    def rows() -> Iterator[list[Any]]:
        for n in range(60_000):
            made.append(n)
            yield [n, f"order {n * 7919 % 60_000}"]

    answer = sheets.xlsx_response("lines", ["Number", "Order"], rows())

    async def parts() -> list[tuple[bytes, int]]:
        return [(part, len(made)) async for part in answer]

    sent = in_loop(parts())
    assert len(sent) > 4
    assert max(len(part) for part, _made in sent) < 2 * PART_BYTES
    assert sent[0][1] < 20_000, "most rows are still to be made when the first part is sent"
    assert len(read(b"".join(part for part, _made in sent))) == 60_001
