"""The rows of a spreadsheet of tasks, and where its heads stand.

Exports put a title above the heads, a page of remarks before the tasks, and cells too many or too
few into a row. No row is passed over for that.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from paceline.imports import recognition
from paceline.imports.layout import CELL_MAX, COLUMNS_MAX, FileType, FileUnreadable, Layout
from paceline.imports.reading import Cells, first_text, read_cells, recognise_file

SHEETS_MAX = 12
HEAD_WITHIN = 20
REMARK = re.compile(r"[(\[【<].*?[)\]】>]|[*:]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The heads of a table, and the rows below them, each as wide as the heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    uneven: int = 0


def plain_head(text: str) -> str:
    """A head without remarks in brackets, width, case and spaces, for comparing."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\s+", "", REMARK.sub("", plain))


def read_sheet(path: Path, needed: frozenset[str]) -> Sheet | None:
    """The first table of a file with one of the ``needed`` heads among its first rows; None if
    there is none. Raises ``FileUnreadable``."""
    layout = replace(recognise_file(path), has_header=False, skip_rows=0)
    if layout.type is FileType.TEXT:
        return _below_heads(_text_rows(path, layout), needed)
    for name in layout.sheets[:SHEETS_MAX] or ("",):
        found = _below_heads(list(_rows(read_cells(path, replace(layout, sheet=name)))), needed)
        if found is not None:
            return found
    return None


def first_heads(path: Path) -> tuple[str, ...]:
    """What stands in the first row that says something, for telling what was found instead."""
    layout = recognise_file(path)
    if layout.type is not FileType.TEXT:
        rows = list(islice(_rows(read_cells(path, replace(layout, has_header=False))), HEAD_WITHIN))
    else:
        rows = recognition.sample_rows(first_text(path, layout), layout.delimiter, HEAD_WITHIN)
    return next((tuple(filter(None, row)) for row in rows if any(row)), ())


def _below_heads(rows: Sequence[Sequence[str]], needed: frozenset[str]) -> Sheet | None:
    for place, row in enumerate(rows[:HEAD_WITHIN]):
        if not needed.intersection(map(plain_head, row)):
            continue
        width = max((at + 1 for at, cell in enumerate(row) if cell.strip()), default=0)
        heads = tuple(cell.strip() for cell in row[:width])
        kept, uneven = [], 0
        for below in rows[place + 1 :]:
            cells = [cell.strip() for cell in below]
            if not any(cells):
                continue
            over = [cell for cell in cells[width:] if cell]
            uneven += bool(over) or len(cells) < width
            # What stands right of the last head stays with the last cell of the row.
            kept.append((*cells[:width], *[""] * (width - len(cells)), " ".join(over)))
        return Sheet(heads, tuple(kept), uneven)
    return None


def _text_rows(path: Path, layout: Layout) -> list[list[str]]:
    """All rows of a text, whatever the number of their cells, in their order."""
    sample = recognition.sample_rows(first_text(path, layout), layout.delimiter)
    width = max(Counter(map(len, sample)).items(), key=lambda one: (one[1], one[0]))[0]
    if width > COLUMNS_MAX:
        raise FileUnreadable("too_many_columns", columns=width, most=COLUMNS_MAX)
    layout = replace(layout, columns=tuple(map(str, range(width))))
    cells = read_cells(path, layout)
    numbered = dict(zip(cells.table["row"].to_pylist(), _rows(cells), strict=True))
    previous = csv.field_size_limit(max(CELL_MAX, *map(len, cells.broken_text), 1))
    try:
        for problem, text in zip(cells.broken, cells.broken_text, strict=True):
            parsed = csv.reader(text.splitlines(keepends=True), delimiter=layout.delimiter)
            numbered[problem.row] = next(parsed, [])
    finally:
        csv.field_size_limit(previous)
    return [numbered[number] for number in sorted(numbered)]


def _rows(cells: Cells) -> Iterator[list[str]]:
    columns = [cells.table[name].to_pylist() for name in cells.table.column_names if name != "row"]
    for row in zip(*columns, strict=True):
        yield [cell or "" for cell in row]
