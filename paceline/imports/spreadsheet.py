"""Turns a spreadsheet into a Parquet file of text cells, in a process of its own with limits.

Run as ``python -m paceline.imports.spreadsheet FILE OUT SHEET ROWS``; it prints the names of the
sheets as JSON. A spreadsheet is an archive made by strangers: whatever it does to its parser, the
service itself goes on.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from numbers import Real
from typing import Any

MEMORY_MAX = 4 * 1024**3
SECONDS_MAX = 120


def main(path: str, out: str, sheet: str, most_rows: int) -> list[str]:
    """Write the cells of a sheet (the first one when unnamed) and return all sheets' names."""
    import pyarrow as pa  # noqa: PLC0415 - after the limits are set
    import pyarrow.parquet as pq  # noqa: PLC0415
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    workbook = CalamineWorkbook.from_path(path)
    names = [str(name) for name in workbook.sheet_names]
    chosen = workbook.get_sheet_by_name(sheet or names[0])
    rows = [[text_of(cell) for cell in row] for row in islice(chosen.iter_rows(), most_rows)]
    width = max((len(row) for row in rows), default=0)
    columns = {
        f"c{index}": pa.array([row[index] if index < len(row) else "" for row in rows], pa.string())
        for index in range(width)
    }
    pq.write_table(pa.table(columns), out)
    return names


def text_of(cell: Any) -> str:
    """A cell as the text a person would have typed: days without midnight, numbers unrounded."""
    if isinstance(cell, datetime):
        midnight = cell.time() == time(0)
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time | timedelta | bool | str):
        return str(cell)
    if isinstance(cell, Real):
        return format(Decimal(f"{cell:.15g}"), "f")  # fifteen digits, as spreadsheets show them
    return ""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
