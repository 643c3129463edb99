"""Files of every encoding, delimiter and kind are recognised, or said to be uncertain."""

from __future__ import annotations

import codecs
import itertools
import zipfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from django.test import override_settings

from paceline.imports import reading
from paceline.imports.layout import FileType, FileUnreadable, Layout

HANT = """訂單編號,日期,業務,金額,幣別
A-1,2026-07-01,林文心,100.50,TWD
A-2,2026-07-02,陳怡君,80,TWD
"""
HANS = """订单编号,日期,销售,金额,币种
A-1,2026-07-01,王小明,100.50,CNY
A-2,2026-07-02,张伟,80,CNY
"""
LATIN = """Auftrag;Datum;Verkäufer;Betrag
A-1;01.07.2026;Jürgen Müller;1.234,50
A-2;02.07.2026;José;1,00
"""


def recognised(folder: Path, data: bytes) -> Layout:
    path = folder / "file"
    path.write_bytes(data)
    return reading.recognise_file(path)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (HANT, "utf-8", "utf-8"),
        (HANT, "utf-8-sig", "utf-8-sig"),
        (HANT, "utf-16", "utf-16-le"),
        (LATIN, "utf-16-le", "utf-16-le"),
        (LATIN, "utf-16-be", "utf-16-be"),
        (HANT, "cp950", "big5"),
        (HANS, "gb18030", "gb18030"),
        (LATIN, "cp1252", "windows-1252"),
    ],
)
def test_encodings(tmp_path: Path, text: str, codec: str, encoding: str) -> None:
    layout = recognised(tmp_path, text.encode(codec))
    assert layout.encoding == encoding
    assert layout.has_header
    cells = reading.read_cells(tmp_path / "file", layout)
    assert cells.table["c2"].to_pylist() == [
        line.split(layout.delimiter)[2] for line in text.splitlines()[1:]
    ]
    assert cells.table["row"].to_pylist() == [2, 3]


def test_utf16_high_byte_first_with_a_mark(tmp_path: Path) -> None:
    layout = recognised(tmp_path, codecs.BOM_UTF16_BE + HANT.encode("utf-16-be"))
    assert (layout.encoding, layout.columns[0]) == ("utf-16-be", "訂單編號")


def test_few_foreign_letters_leave_the_encoding_uncertain(tmp_path: Path) -> None:
    layout = recognised(tmp_path, "名,額\n黹,1\n".encode("cp950"))
    assert "encoding_uncertain" in layout.warnings


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_inside_quotes_do_not_count(tmp_path: Path, delimiter: str) -> None:
    rows = [["name", "note", "n"], ['"a,b;c|d"', '"x\ty, z"', "1"], ["e", "f", "2"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode()
    layout = recognised(tmp_path, data)
    assert (layout.delimiter, layout.columns) == (delimiter, ("name", "note", "n"))


def test_a_file_without_header(tmp_path: Path) -> None:
    layout = recognised(tmp_path, b"1|272|20101229|28000.00\n2|281|20101229|367000.00\n")
    assert (layout.has_header, layout.columns) == (False, ("1", "2", "3", "4"))
    assert reading.read_cells(tmp_path / "file", layout).table.num_rows == 2


def test_a_name_used_twice_is_told_and_told_apart(tmp_path: Path) -> None:
    layout = recognised(tmp_path, b"order,amount,amount\nA,1,2\n")
    assert layout.columns == ("order", "amount", "amount (2)")
    assert layout.warnings == ("column_named_twice",)


def test_spreadsheets_give_text_as_typed(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("July")
        sheet.write_row(0, 0, ["Order", "Date", "Amount"])
        sheet.write_string(1, 0, "A-1")
        sheet.write_datetime(1, 1, datetime(2026, 7, 1))  # noqa: DTZ001
        sheet.write_number(1, 2, 0.1 + 0.2)
    layout = reading.recognise_file(path)
    assert (layout.type, layout.sheets) == (FileType.XLSX, ("July",))
    cells = reading.read_cells(path, layout).table
    assert cells.to_pylist() == [{"row": 2, "c0": "A-1", "c1": "2026-07-01", "c2": "0.3"}]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pq.write_table(pa.table({"order": ["A-1", None], "amount": [1.5, 2.25]}), path)
    layout = reading.recognise_file(path)
    assert (layout.type, layout.columns) == (FileType.PARQUET, ("order", "amount"))
    assert reading.read_cells(path, layout).table["c0"].to_pylist() == ["A-1", ""]
    assert reading.read_cells(path, layout).table["c1"].to_pylist() == ["1.5", "2.25"]


def refusal(
    folder: Path, data: bytes, layout: Layout | None = None
) -> tuple[str, dict[str, object]]:
    path = folder / "file"
    path.write_bytes(data)
    with pytest.raises(FileUnreadable) as refused:
        reading.read_cells(path, layout or reading.recognise_file(path))
    return refused.value.problem.code, refused.value.problem.params


def test_an_open_quote_names_its_line(tmp_path: Path) -> None:
    data = b'order,note\n1,"oops\n2,fine\n3,"x",9\n'
    layout = Layout(columns=("order", "note"))
    assert refusal(tmp_path, data, layout) == ("broken_quotes", {"line": 2, "text": '"oops'})


def test_text_after_a_closing_quote_is_broken(tmp_path: Path) -> None:
    code, params = refusal(tmp_path, b'a,b\n1,2\n"x"y,2\n')
    assert (code, params["line"]) == ("broken_quotes", 3)


def test_a_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    data = HANS.encode("gb18030")
    layout = Layout(encoding="utf-8", columns=("1", "2", "3", "4", "5"))
    assert refusal(tmp_path, data, layout) == ("wrong_encoding", {"encoding": "utf-8", "line": 1})


def test_text_that_turns_foreign_late_names_the_line(tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,2\n" * 400_000 + b"\xff\xfe,3\n"
    code, params = refusal(tmp_path, data)
    assert (code, params["line"]) == ("wrong_encoding", 400_002)


def test_zero_bytes_are_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"a,b\n1,2\n3,\x004\n") == ("nul_bytes", {"line": 3})


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    line = ",".join(["x"] * 10_000).encode()
    code, params = refusal(tmp_path, line + b"\n" + line + b"\n")
    assert (code, params["columns"]) == ("too_many_columns", 10_000)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n  \n"])
def test_empty_files_are_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data)[0] == "file_empty"


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7 hello", b"\x81\x8d\x8f\x90 \xff\xff" * 50, b"\x89PNG\r\n", b"\xd0\xcf\x11\xe0old"],
)
def test_other_kinds_of_files_are_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data)[0] == "file_of_other_kind"


def test_a_text_in_two_encodings_is_named_by_its_line(tmp_path: Path) -> None:
    data = "标题,列表\n甲,待办\n".encode("gb18030") + b"\xff\xff\x81,x\n" + "乙,丙\n".encode()
    assert refusal(tmp_path, data) == ("encoding_mixed", {"line": 3})


def test_half_a_spreadsheet_and_half_a_parquet_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"a": list(range(1000))}), path)
    assert refusal(tmp_path, path.read_bytes()[:900])[0] == "file_cut_off"
    book = tmp_path / "whole.xlsx"
    with xlsxwriter.Workbook(book) as opened:
        opened.add_worksheet().write_row(0, 0, ["a", "b"])
    assert refusal(tmp_path, book.read_bytes()[:-200])[0] == "file_cut_off"


def test_a_spreadsheet_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024 * 1024))
    assert refusal(tmp_path, path.read_bytes())[0] == "archive_too_dense"


def test_lines_with_other_widths_are_kept_apart_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'a,b,c\n1,2,3\n1,2\n"4\n4",5,6\n\n7,8,9,10\n11,12,13\n')
    cells = reading.read_cells(path, reading.recognise_file(path))
    assert [(problem.row, problem.params) for problem in cells.broken] == [
        (3, {"expected": 3, "found": 2}),
        (6, {"expected": 3, "found": 4}),
    ]
    assert cells.table["row"].to_pylist() == [2, 4, 5, 7]


def refused(folder: Path, data: bytes) -> tuple[str, dict[str, object]]:
    layout = recognised(folder, data)
    with pytest.raises(FileUnreadable) as refusal:
        reading.read_cells(folder / "file", layout)
    return refusal.value.problem.code, refusal.value.problem.params


def test_what_is_too_large_is_read_no_further_than_its_limit() -> None:
    """Two gigabytes of empty lines took ten gigabytes of memory before they were refused."""
    batch = pa.RecordBatch.from_pydict({"c0": ["A"] * 1_000_000})
    read = reading.within_limits(itertools.repeat(batch))  # without end
    with pytest.raises(FileUnreadable) as refusal:
        assert sum(one.num_rows for one in read) == 0
    assert refusal.value.problem.code == "too_many_rows"


def test_too_many_cells_and_too_much_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"order,amount\n" + b"A,1\n" * 100
    monkeypatch.setattr(reading, "CELLS_MAX", 199)
    assert refused(tmp_path, data) == ("too_many_cells", {"most": 199})
    monkeypatch.setattr(reading, "CELLS_MAX", 200)
    monkeypatch.setattr(reading, "TEXT_BYTES_MAX", 100)
    assert refused(tmp_path, data)[0] == "too_much_text"


def test_broken_lines_beyond_those_kept_are_not_passed_over_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"order,amount\n" + b"A,1\n" * 5 + b"A\n" * 3 + b"B,2\n"
    monkeypatch.setattr(reading, "BAD_ROWS_MAX", 3)
    layout = recognised(tmp_path, data)
    cells = reading.read_cells(tmp_path / "file", layout)
    assert (cells.table.num_rows, len(cells.broken)) == (6, 3)
    assert cells.table["row"].to_pylist()[-1] == 10
    monkeypatch.setattr(reading, "BAD_ROWS_MAX", 2)
    assert refused(tmp_path, data) == ("too_many_broken", {"most": 2})


def test_a_line_without_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow calls it an object that straddles two block boundaries."""
    monkeypatch.setattr(reading, "LINE_BYTES_MAX", 1024**2)
    data = b"order,amount\nA,1\n" + b"a" * 3_000_000
    assert refused(tmp_path, data) == ("line_too_long", {"line": 3, "most": 1})


def test_a_small_parquet_file_of_much_text_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is kept once may be meant in every row."""
    texts = pa.array(["x" * 8_000] * 40_000).dictionary_encode()
    path = tmp_path / "file"
    pq.write_table(pa.table({"order": texts}), path)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(reading, "TEXT_BYTES_MAX", 100 * 1024**2)
    with pytest.raises(FileUnreadable) as refusal:
        reading.read_cells(path, reading.recognise_file(path))
    assert refusal.value.problem.code == "too_much_text"


@override_settings(DISK_FREE_BYTES_MIN=10**18)
def test_nothing_is_written_to_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    assert refused(tmp_path, b"order,amount\nA,1\n") == ("disk_full", {})
