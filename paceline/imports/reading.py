"""Bytes to cells: every supported file becomes one Arrow table of text columns ``c0``, ``c1``, …

Text stays text here, so that what is shown as wrong is what stands in the file. Rows keep the
number a spreadsheet would give them (``row``, header included).
"""

from __future__ import annotations

import codecs
import json
import mmap
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from paceline.imports import recognition
from paceline.imports.layout import (
    COLUMNS_MAX,
    ROWS_MAX,
    FileType,
    FileUnreadable,
    Layout,
    Problem,
)
from paceline.kernel import disk

CHUNK = 4 * 1024 * 1024
LINE_BYTES_MAX = 16 * 1024 * 1024
UNPACKED_BYTES_MAX = 1024**3
UNPACKED_RATIO_MAX = 200
ENTRIES_MAX = 2_000
SPREADSHEET_SECONDS_MAX = 300
SHOWN = 120
BAD_ROWS_MAX = 100_000
# What the text of a file may take in memory: so many cells, so many bytes.
CELLS_MAX = 250_000_000
TEXT_BYTES_MAX = 4 * 1024**3
PARQUET_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a file: ``row`` BIGINT and one text column per column; and rows that broke."""

    table: pa.Table
    broken: tuple[Problem, ...] = ()
    broken_text: tuple[str, ...] = ()


def recognise_file(path: Path, *, known_names: frozenset[str] = frozenset()) -> Layout:
    """The layout of any supported file. Raises :class:`FileUnreadable`."""
    layout = recognition.recognise(path, known_names=known_names)
    if layout.type is FileType.TEXT:
        return layout
    return described(path, layout, known_names)


def described(path: Path, layout: Layout, known_names: frozenset[str] = frozenset()) -> Layout:
    """Column names (and sheets) of a file of known type and encoding, found anew."""
    if layout.type is FileType.TEXT:
        return recognition.describe_text(first_text(path, layout), layout, known_names)
    if layout.type is FileType.PARQUET:
        names = tuple(str(name) for name in _parquet(path).schema_arrow.names)
        _check_width(len(names))
        return replace(layout, columns=names, has_header=True)
    table, sheets = _spreadsheet(path, layout.sheet, recognition.SAMPLE_LINES)
    rows = _as_rows(table)
    if not rows:
        raise FileUnreadable("file_empty")
    layout = recognition.name_columns(rows, replace(layout, sheets=sheets), known_names)
    return replace(layout, sheet=layout.sheet or sheets[0])


def read_cells(path: Path, layout: Layout) -> Cells:
    """All rows of a file under a layout. Raises :class:`FileUnreadable`."""
    if not disk.has_room_for_copies(path.stat().st_size):
        raise FileUnreadable("disk_full")
    if layout.type is FileType.TEXT:
        cells = _read_text(path, layout)
    elif layout.type is FileType.PARQUET:
        cells = _read_parquet(path)
    else:
        table, _ = _spreadsheet(path, layout.sheet, ROWS_MAX + 2)
        first = int(layout.has_header)
        cells = Cells(_numbered(table.slice(first), first + 1))
    if cells.table.num_rows > ROWS_MAX:
        raise FileUnreadable("too_many_rows", most=ROWS_MAX)
    return cells


def first_rows(path: Path, layout: Layout, limit: int = 8) -> list[list[str]]:
    """The first records as the layout reads them, for showing."""
    if layout.type is FileType.TEXT:
        text = first_text(path, layout)
        rows = recognition.sample_rows(text, layout.delimiter, limit + 1)
        return rows[int(layout.has_header) :][:limit]
    return [
        list(row.values())[1:] for row in read_cells(path, layout).table.slice(0, limit).to_pylist()
    ]


def first_text(path: Path, layout: Layout) -> str:
    with path.open("rb") as stream:
        sample = stream.read(recognition.SAMPLE_BYTES)
    try:
        return recognition.decode_sample(sample, layout.encoding)
    except UnicodeDecodeError as error:
        raise _wrong_encoding(layout, sample, error.start) from error


def _wrong_encoding(layout: Layout, before: bytes, offset: int) -> FileUnreadable:
    line = before[:offset].count(b"\n") + 1
    return FileUnreadable("wrong_encoding", encoding=layout.encoding, line=line)


# ---------------------------------------------------------------------------------------- text


def _read_text(path: Path, layout: Layout) -> Cells:
    with _as_utf8(path, layout) as clean:
        _refuse_broken_quotes(clean, layout.delimiter)
        return _parse(clean, layout)


@contextmanager
def _as_utf8(path: Path, layout: Layout) -> Iterator[Path]:
    """The file as UTF-8 without a mark, decoded strictly from its first byte to its last."""
    decoder = codecs.getincrementaldecoder(recognition.codec_of(layout.encoding))("strict")
    with tempfile.NamedTemporaryFile(suffix=".csv") as clean:
        lines = 1
        with path.open("rb") as stream:
            while True:
                chunk = stream.read(CHUNK)
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    raise FileUnreadable(
                        "wrong_encoding",
                        encoding=layout.encoding,
                        line=lines + error.object[: error.start].count(b"\n"),
                    ) from error
                if "\x00" in text:
                    line = lines + text[: text.index("\x00")].count("\n")
                    raise FileUnreadable("nul_bytes", line=line)
                lines += text.count("\n")
                clean.write(text.encode().removeprefix(codecs.BOM_UTF8))
                if not chunk:
                    break
        clean.flush()
        yield Path(clean.name)


def _well_quoted(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Matches so many well-formed fields, each with what ends it; and one field alone.

    So many at a time, with so many doubled quotes in each, keep small what the search remembers.
    Possessive repeats would forget it, but end in a wrong place in the Python 3.11.2 of Debian 12.
    """
    cut = re.escape(delimiter.encode())
    field = rb'(?:"[^"]*(?:""[^"]*){0,100000}"|[^"' + cut + rb"\r\n][^" + cut + rb"\r\n]*)?"
    ended = rb"(?:" + field + rb"(?:" + cut + rb"|\r\n?|\n)){1,4096}"
    return re.compile(ended), re.compile(field)


def _refuse_broken_quotes(path: Path, delimiter: str) -> None:
    """A quote that is never closed would swallow lines in silence: the place is named instead."""
    if path.stat().st_size == 0:
        raise FileUnreadable("file_empty")
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(b'"') < 0:
            return
        fields, field = _well_quoted(delimiter)
        start = 0
        while match := fields.match(data, start):
            start = match.end()
        last = field.match(data, start)
        end = last.end() if last else start
        del match, last
        if end == len(data):
            return
        line = data[:start].count(b"\n") + 1
        shown = data[start : start + SHOWN].decode("utf-8", "replace").splitlines()
    raise FileUnreadable("broken_quotes", line=line, text=shown[0] if shown else "")


class _BrokenRows:
    """The rows with too many or too few cells, of which only so many are kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.texts: list[str] = []
        self.are_too_many = False

    def keep(self, row: pa.csv.InvalidRow) -> str:
        if len(self.problems) == BAD_ROWS_MAX:
            self.are_too_many = True
            return "error"
        params = {"expected": row.expected_columns, "found": row.actual_columns}
        self.problems.append(Problem("wrong_number_of_cells", row=row.number or 0, params=params))
        self.texts.append(row.text)
        return "skip"


def _parse(path: Path, layout: Layout) -> Cells:
    names = [f"c{index}" for index in range(len(layout.columns))]
    broken = _BrokenRows()
    head = layout.skip_rows + int(layout.has_header)
    batches: list[pa.RecordBatch] = []
    try:
        with pa.csv.open_csv(
            path,
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                column_names=names,
                skip_rows_after_names=head,
                block_size=LINE_BYTES_MAX,
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=broken.keep,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        ) as reader:
            schema = reader.schema
            for batch in within_limits(reader):
                batches.append(batch)  # noqa: PERF402 - what was read before an error is counted
    except pa.ArrowInvalid as error:
        read = head + sum(batch.num_rows for batch in batches)
        raise _unreadable(error, broken, read) from error
    table = pa.Table.from_batches(batches, schema)
    skipped = {problem.row for problem in broken.problems}
    return Cells(_numbered(table, head + 1, skipped), tuple(broken.problems), tuple(broken.texts))


def within_limits(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, looked at while they are read: what is too large is not read to its end."""
    rows = cells = size = 0
    for batch in batches:
        rows += batch.num_rows
        cells += batch.num_rows * batch.num_columns
        size += batch.nbytes
        if rows > ROWS_MAX:
            raise FileUnreadable("too_many_rows", most=ROWS_MAX)
        if cells > CELLS_MAX:
            raise FileUnreadable("too_many_cells", most=CELLS_MAX)
        if size > TEXT_BYTES_MAX:
            raise FileUnreadable("too_much_text", most=TEXT_BYTES_MAX // 1024**3)
        yield batch


def _unreadable(error: pa.ArrowInvalid, broken: _BrokenRows, read: int) -> FileUnreadable:
    if broken.are_too_many:
        return FileUnreadable("too_many_broken", most=BAD_ROWS_MAX)
    if "block boundaries" in str(error):  # a line that does not fit into a block
        most = LINE_BYTES_MAX // 1024**2
        return FileUnreadable("line_too_long", line=read + len(broken.problems) + 1, most=most)
    return FileUnreadable("text_unreadable", detail=str(error)[:200])


def _numbered(table: pa.Table, first: int, skipped: set[int] | None = None) -> pa.Table:
    """Give each row its number in the file, stepping over the ``skipped`` ones."""
    count = table.num_rows
    if skipped:
        last = first + count + len(skipped)
        numbers = pa.array(n for n in range(first, last) if n not in skipped).slice(0, count)
    else:
        numbers = pc.add(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), first - 1)
    return table.add_column(0, "row", numbers.cast(pa.int64()))


# ------------------------------------------------------------------------- Parquet, spreadsheets


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileUnreadable("file_cut_off") from error
    if file.metadata.num_rows > ROWS_MAX:
        raise FileUnreadable("too_many_rows", most=ROWS_MAX)
    return file


def _read_parquet(path: Path) -> Cells:
    file = _parquet(path)
    _check_width(len(file.schema_arrow.names))
    texts = pa.schema((name, pa.string()) for name in _cell_names(file))
    try:
        batches = list(within_limits(_texts(file, texts)))
    except (pa.ArrowInvalid, OSError) as error:
        raise FileUnreadable("file_cut_off") from error
    return Cells(_numbered(pa.Table.from_batches(batches, texts), 1))


def _cell_names(file: pq.ParquetFile) -> list[str]:
    return [f"c{index}" for index in range(len(file.schema_arrow.names))]


def _texts(file: pq.ParquetFile, texts: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Few rows at a time: a small file may hold a long text once and name it in every row."""
    for batch in file.iter_batches(batch_size=PARQUET_ROWS_AT_ONCE):
        columns = []
        for field, column in zip(batch.schema, batch.columns, strict=True):
            try:
                text = column.cast(pa.string())
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise FileUnreadable("column_not_text", column=field.name) from error
            columns.append(pc.fill_null(text, ""))
        yield pa.RecordBatch.from_arrays(columns, schema=texts)


def _spreadsheet(path: Path, sheet: str, rows: int) -> tuple[pa.Table, tuple[str, ...]]:
    _refuse_bombs(path)
    with tempfile.NamedTemporaryFile(suffix=".parquet") as out:
        command = [sys.executable, "-m", "paceline.imports.spreadsheet"]
        try:
            result = subprocess.run(  # noqa: S603 - our own module, arguments are not a shell's
                [*command, path, out.name, sheet, str(rows)],
                capture_output=True,
                check=True,
                cwd=Path(__file__).resolve().parents[2],
                timeout=SPREADSHEET_SECONDS_MAX,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise FileUnreadable("spreadsheet_unreadable") from error
        table = pq.read_table(out.name)
    _check_width(table.num_columns)
    return table, tuple(json.loads(result.stdout))


def _refuse_bombs(path: Path) -> None:
    """Look at the archive's table of contents before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise FileUnreadable("file_cut_off") from error
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > ENTRIES_MAX or unpacked > UNPACKED_BYTES_MAX:
        raise FileUnreadable("archive_too_large", most=UNPACKED_BYTES_MAX // 1024**2)
    if unpacked > 50 * 1024**2 and unpacked // packed > UNPACKED_RATIO_MAX:
        raise FileUnreadable("archive_too_dense", times=unpacked // packed)
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise FileUnreadable("file_of_other_kind")


def _as_rows(table: pa.Table) -> list[list[str]]:
    return [list(row.values()) for row in table.to_pylist()]


def _check_width(columns: int) -> None:
    if columns > COLUMNS_MAX:
        raise FileUnreadable("too_many_columns", columns=columns, most=COLUMNS_MAX)
