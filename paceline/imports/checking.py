"""From cells and a mapping to checked rows: what is common to all kinds of import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from paceline.imports import conversion, mapping
from paceline.imports.kinds import Changes, Check, FieldType, ImportKind
from paceline.imports.layout import FileUnreadable, Layout, Problem, Severity
from paceline.imports.mapping import Mapping
from paceline.imports.reading import Cells

_HALF = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a check, ready to be kept: control totals and problems."""

    totals: dict[str, Any]
    problems: tuple[Problem, ...]
    rejected: pa.Table


def begin(
    duck: duckdb.DuckDBPyConnection,
    kind: ImportKind,
    cells: Cells,
    layout: Layout,
    chosen: Mapping,
    people: conversion.People,
) -> tuple[Check, dict[str, str]]:
    """Typed rows of a file, with the problems of its texts; and the styles that were recognised.

    Raises :class:`FileUnreadable` when the file as a whole cannot be taken under this mapping.
    """
    missing = [
        field.name
        for field in kind.fields
        if field.required and not chosen.get(field.name, mapping.Source()).is_given
    ]
    if missing:
        raise FileUnreadable("fields_not_mapped", fields=missing)
    counted = any(source.counted for source in chosen.values())
    if counted and cells.broken:
        raise FileUnreadable("counting_needs_whole_lines", line=cells.broken[0].row)
    brought = any(_is_own_number(source, layout) for source in chosen.values())
    check = Check(duck=duck, kind=kind, counted=counted or brought)
    duck.register("mapped", mapping.apply(cells.table, chosen, kind.fields))
    duck.register("cells", cells.table)
    _take_texts(check, layout, chosen)
    _note_broken(check, cells)
    styles = {name: source.style for name, source in chosen.items() if source.style}
    used = conversion.convert(duck, kind.fields, styles, people)
    kind.check(check)
    # Only what comes from a column was read in a style.
    from_columns = {name for name, source in chosen.items() if source.column is not None}
    return check, {name: style for name, style in used.items() if name in from_columns}


def _take_texts(check: Check, layout: Layout, chosen: Mapping) -> None:
    """Leave out empty lines; a header that comes again is a problem of its own."""
    duck = check.duck
    columns = [f"c{index}" for index in range(len(layout.columns))]
    empty = " AND ".join(f"trim({column}) = ''" for column in columns)
    duck.execute("CREATE TABLE left_out (row BIGINT)")
    duck.execute(f"INSERT INTO left_out SELECT row FROM cells WHERE {empty}")  # noqa: S608
    if layout.has_header and len(columns) > 1:
        same = " AND ".join(f"trim({column}) = ?" for column in columns)
        again = f"SELECT row FROM cells WHERE {same}"  # noqa: S608
        names = list(layout.columns)
        duck.execute(
            "INSERT INTO problems SELECT row, '', 'header_again', '{}', 'error'"  # noqa: S608
            f" FROM ({again})",
            names,
        )
        duck.execute(f"INSERT INTO left_out {again}", names)
    _open_texts(check, chosen)


def _open_texts(check: Check, chosen: Mapping) -> None:
    """``texts``: the mapped cells with defaults for empty ones; lines counted where asked for."""
    replaced = [
        f"CASE WHEN {field.name} = '' THEN '{field.default}' ELSE {field.name} END AS {field.name}"
        for field in check.kind.fields
        if field.default
    ]
    counted = [
        f"CAST(row_number() OVER (PARTITION BY {field.counted_within} ORDER BY row) AS VARCHAR)"
        f" AS {field.name}"
        for field in check.kind.fields
        if chosen.get(field.name, mapping.Source()).counted
    ]
    left_out = _count(check.duck, "SELECT count(*) FROM left_out")
    rows = "mapped ANTI JOIN left_out USING (row)" if left_out else "mapped"
    columns = f"* REPLACE ({', '.join(replaced + counted)})" if replaced or counted else "*"
    kept = "TABLE" if counted or left_out else "VIEW"
    check.duck.execute(f"CREATE {kept} texts AS SELECT {columns} FROM {rows}")  # noqa: S608


def _note_broken(check: Check, cells: Cells) -> None:
    if cells.broken:
        broken = pa.table(
            {
                "row": [problem.row for problem in cells.broken],
                "code": [problem.code for problem in cells.broken],
                "params": [json.dumps(problem.params) for problem in cells.broken],
            }
        )
        check.duck.register("broken", broken)
        check.duck.execute("INSERT INTO problems SELECT row, '', code, params, 'error' FROM broken")


def add_problem(check: Check, query: str, parameters: list[Any] | None = None) -> None:
    """Add the rows of ``query`` (row, field, code, params as JSON, severity) to the problems."""
    check.duck.execute(f"INSERT INTO problems {query}", parameters or [])


def register_rows(
    check: Check, name: str, rows: Sequence[Sequence[Any]], **types: pa.DataType
) -> None:
    """Make stored rows a table of the check: a column for each of ``types``, in their order."""
    columns = {
        column: pa.array([row[place] for row in rows], kind)
        for place, (column, kind) in enumerate(types.items())
    }
    check.duck.register(name, pa.table(columns))


def look_up(check: Check, field: str, known: MappingOf[str, int], code: str) -> None:
    """Add ``<field>_id`` to the lines: the id that a text is known by, in any case of its letters.

    A text that is not known is refused with ``code``.
    """
    rows = list({text.casefold(): pk for text, pk in reversed(list(known.items()))}.items())
    register_rows(check, f"known_{field}", rows, text=pa.string(), id=pa.int64())
    check.duck.execute(
        f"CREATE OR REPLACE TABLE lines AS SELECT l.*, k.id AS {field}_id"  # noqa: S608 - a field's name
        f" FROM lines l LEFT JOIN known_{field} k ON k.text = lower(l.{field})"
    )
    add_problem(
        check,
        f"SELECT row, '{field}', '{code}', json_object('value', left({field}, 80)), 'error'"  # noqa: S608
        f" FROM lines WHERE {field} <> '' AND {field}_id IS NULL",
    )


def settle(check: Check) -> None:
    """Make ``accepted`` anew: the lines without any error."""
    check.duck.execute(
        "CREATE OR REPLACE TABLE refused_rows AS"
        " SELECT DISTINCT row FROM problems WHERE severity = 'error'"
    )
    check.duck.execute(
        "CREATE OR REPLACE VIEW accepted AS SELECT * FROM lines ANTI JOIN refused_rows USING (row)"
    )


def leave_out(check: Check, rows: pa.Table) -> None:
    """Take rows (column ``row``) out of ``accepted``."""
    check.duck.register("known_bad", rows)
    check.duck.execute("INSERT INTO refused_rows SELECT row FROM known_bad")


def refuse_repeats(check: Check, key: tuple[str, ...]) -> None:
    """The same key on two lines of one file: both lines are named on both."""
    columns = ", ".join(key)
    add_problem(
        check,
        f"""
        SELECT row, '{key[-1]}', 'key_repeated',
               json_object('rows', list_slice(list_sort(all_rows), 1, 5)), 'error'
        FROM (SELECT row, list(row) OVER (PARTITION BY {columns}) AS all_rows
              FROM lines SEMI JOIN (
                  SELECT {columns} FROM lines GROUP BY ALL HAVING count(*) > 1) USING ({columns}))
        WHERE len(all_rows) > 1
        """,  # noqa: S608
    )


def refuse_together(check: Check, key: tuple[str, ...]) -> None:
    """Lines of one key mean something only together: where one is refused, the others are too.

    Called when everything else was found; each of the others names the first refused one.
    """
    columns = ", ".join(key)
    add_problem(
        check,
        f"""
        WITH refused AS (SELECT DISTINCT row FROM problems WHERE severity = 'error'),
        broken AS (SELECT {columns}, min(row) AS first FROM lines SEMI JOIN refused USING (row)
                   GROUP BY ALL)
        SELECT l.row, '', 'others_refused', json_object('line', b.first), 'error'
        FROM lines l JOIN broken b USING ({columns}) ANTI JOIN refused r ON r.row = l.row
        """,  # noqa: S608
    )


def findings(check: Check, cells: Cells, layout: Layout, changes: Changes, keep: int) -> Findings:
    """Control totals, the first ``keep`` problems, and every rejected line with its reasons."""
    return Findings(
        _totals(check, changes), _problems(check, keep), _rejected(check, cells, layout)
    )


def _totals(check: Check, changes: Changes) -> dict[str, Any]:
    kind, duck = check.kind, check.duck
    rows, broken = (
        _count(duck, "SELECT count(*) FROM lines"),
        _count(
            duck,
            "SELECT count(DISTINCT row) FROM problems"
            " WHERE code IN ('wrong_number_of_cells', 'header_again')",
        ),
    )
    accepted = _count(duck, "SELECT count(*) FROM accepted")
    totals: dict[str, Any] = {
        "rows": rows + broken,
        "accepted": accepted,
        "rejected": rows + broken - accepted,
        "new": changes.new,
        "changed": changes.changed,
        "same": changes.same,
        "codes": dict(
            duck.execute(
                "SELECT severity || ':' || code, count(*) FROM problems GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        ),
        "sums": [],
        "digest": _digest(check),
    }
    if kind.day_field:
        first, last = duck.execute(
            f"SELECT CAST(min({kind.day_field}) AS VARCHAR), CAST(max({kind.day_field}) AS VARCHAR)"  # noqa: S608
            " FROM accepted"
        ).fetchall()[0]
        totals |= {"first_day": first, "last_day": last}
    if kind.sum_field:
        totals["sums"] = [
            {"currency": currency, "rows": count, "sum": str(total)}
            for currency, count, total in duck.execute(
                f"SELECT {kind.currency_field or 'NULL'}, count(*), sum({kind.sum_field})"  # noqa: S608
                " FROM accepted GROUP BY 1 ORDER BY 1"
            ).fetchall()
        ]
    return totals


def preview(check: Check, changes: Changes) -> dict[str, Any]:
    """What must not differ between the preview and the commit."""
    return {
        "accepted": _count(check.duck, "SELECT count(*) FROM accepted"),
        "new": changes.new,
        "changed": changes.changed,
        "same": changes.same,
        "digest": _digest(check),
    }


def _digest(check: Check) -> str:
    """One hash of all accepted records, the same for the same records in any order."""
    record = ", ".join(
        f"COALESCE(CAST({name} AS VARCHAR), '')" for name in record_columns(check.kind)
    )
    hashed = f"md5_number(concat_ws(chr(31), {record}))"
    # Sums do not depend on the order, so nothing has to be sorted.
    ((count, low, high),) = check.duck.execute(
        f"SELECT count(*), CAST(sum(CAST(h & {_HALF} AS HUGEINT)) AS VARCHAR),"  # noqa: S608
        f" CAST(sum(CAST(h >> 64 AS HUGEINT)) AS VARCHAR) FROM (SELECT {hashed} AS h FROM accepted)"
    ).fetchall()
    return hashlib.sha256(f"{count} {low} {high}".encode()).hexdigest()


def record_columns(kind: ImportKind) -> list[str]:
    """The typed columns of ``lines`` that make up a record."""
    names = []
    for field in kind.fields:
        if field.type is FieldType.PERSON:
            names.append(f"{field.name}_id")
        elif field.type is FieldType.PERIOD:
            names += [f"{field.name}_starts_on", f"{field.name}_ends_before"]
        else:
            names.append(field.name)
    return names


def _is_own_number(source: mapping.Source, layout: Layout) -> bool:
    """Whether a field comes from the numbers that a file of rejected lines brings along."""
    return source.column is not None and layout.columns[source.column] == mapping.LINE_COLUMN


def _count(duck: Any, query: str) -> int:
    return int(duck.execute(query).fetchall()[0][0])


def _problems(check: Check, keep: int) -> tuple[Problem, ...]:
    rows = check.duck.execute(
        "SELECT row, field, code, params, severity FROM problems"
        " ORDER BY severity, row, field, code LIMIT ?",
        [keep],
    ).fetchall()
    return tuple(
        Problem(code, row=row, column=field, params=json.loads(params), severity=Severity(severity))
        for row, field, code, params, severity in rows
    )


def _rejected(check: Check, cells: Cells, layout: Layout) -> pa.Table:
    """``row, line, c0 …, reasons``: reasons as JSON, so that each reader gets their own words.

    ``line`` is the number counted here or before, so that a mended line keeps its place.
    """
    duck = check.duck
    if cells.broken:
        texts = pa.table({"row": [p.row for p in cells.broken], "c0": list(cells.broken_text)})
        duck.register("broken_texts", texts)
        duck.execute(
            "CREATE TABLE all_cells AS SELECT * FROM cells"
            " UNION ALL BY NAME SELECT * FROM broken_texts"
        )
    else:
        duck.execute("CREATE VIEW all_cells AS SELECT * FROM cells")
    counted = next((f.name for f in check.kind.fields if f.counted_within), "")
    line = f"l.{counted}" if counted and check.counted else "''"
    columns = ", ".join(
        f"COALESCE(c.c{index}, '') AS c{index}" for index in range(len(layout.columns))
    )
    result: pa.Table = duck.sql(
        f"""
        SELECT c.row, COALESCE({line}, '') AS line, {columns}, r.reasons
        FROM all_cells c
        JOIN (SELECT row, CAST(to_json(list(json_object(
                  'code', code, 'field', field, 'params', json(params)) ORDER BY field, code))
                  AS VARCHAR) AS reasons
              FROM problems WHERE severity = 'error' AND code <> 'header_again'
              GROUP BY row) r USING (row)
        LEFT JOIN lines l USING (row)
        ORDER BY c.row
        """  # noqa: S608
    ).to_arrow_table()
    return result


def style_words(kind: ImportKind, used: MappingOf[str, str]) -> list[tuple[str, str]]:
    """Each column that has a style with an example of it, to show how it was read."""
    examples = {**conversion.DAY_STYLES, **conversion.NUMBER_STYLES, **conversion.SHARE_STYLES}
    return [
        (str(field.label), examples.get(used[field.name], used[field.name]))
        for field in kind.fields
        if field.name in used
    ]


def refuse_rows(check: Check, found: Sequence[tuple[int, str, str, dict[str, Any]]]) -> None:
    """Add problems that only a comparison with stored rows shows, and settle again.

    Each is ``row, field, code, params``.
    """
    note_rows(check, found, Severity.ERROR)
    settle(check)


def note_rows(
    check: Check,
    found: Sequence[tuple[int, str, str, dict[str, Any]]],
    severity: Severity = Severity.WARNING,
) -> None:
    """The same for what is only worth knowing: ``row, field, code, params``."""
    columns = zip(*found, strict=True) if found else ([], [], [], [])
    rows, fields, codes, params = columns
    words = [json.dumps(item, ensure_ascii=False, default=str) for item in params]
    table = pa.table(
        {
            "row": pa.array(rows, pa.int64()),
            "field": pa.array(fields, pa.string()),
            "code": pa.array(codes, pa.string()),
            "params": pa.array(words, pa.string()),
        }
    )
    check.duck.register("refused", table)
    check.duck.execute(
        "INSERT INTO problems SELECT row, field, code, params, ? FROM refused", [severity.value]
    )
    check.duck.unregister("refused")
