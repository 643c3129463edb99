"""Reading the tables of a settlement: rows of Python values, or every reason against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paceline.engine.columns import Table
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.money import DIGITS
from paceline.engine.settlement.tables import SETTLEMENT_INPUTS, WORDS, SettlementTables
from paceline.engine.shape import arrow_type, fits, type_name
from paceline.engine.tables import ParquetFiles, Source

Row = dict[str, Any]
SHOWN = 20  # rows named per rule

_MESSAGES: dict[str, str] = {
    "table_missing": "the settlement needs the table {table}: {detail}",
    "table_unreadable": "{table} cannot be read",
    "table_given_twice": "{table} is there as CSV and as Parquet",
    "results_changed": "{table} is not what the run wrote; calculate again",
    "column_missing": "{table} has no column {subject}",
    "column_type": "{table}.{subject} cannot be read as {detail}",
    "value_missing": "{table}: {detail} rows have no {subject}",
    "row_repeated": "{table}: {subject} occurs {detail} times",
    "word_unknown": "{table}: {subject} is none of {detail}",
    "dates_reversed": "{table}: the row of {subject} ends before it starts",
    "dates_overlap": "{table}: two rows of {subject} overlap",
    "currency_unknown": "{table}: {subject} is no active currency",
    "currency_differs": "{table}: {subject} is in {detail}",
    "rate_not_positive": "exchange_rates: the rate of {subject} is not above zero",
    "exchange_rate_missing": "exchange_rates: no {detail} rate {subject}",
    "employment_missing": "employment: there is no row of {subject}, {detail}",
    "currency_missing": "employment: {subject} has no currency to be paid in",
    "country_missing": "employment: {subject} has no country to choose a rule pack by",
    "region_missing": "employment: {subject} has no region to find the minimum wage by",
    "leaver_missing": "employment: {subject} left; whether a good or a bad leaver is not said",
    "wages_missing": "wages: there is no row of {subject} for {detail}",
    "minimum_wage_missing": "minimum_wages: there is none for {subject} on {detail}",
    "line_earnings_missing": "line_earnings: line {subject} is not there, {detail}",
    "line_earnings_differ": "line_earnings: the lines of {subject} add up to {detail}",
    "line_amount_missing": "line_earnings: line {subject} has no amount to be collected",
    "rerated_missing": "rerated_earnings: there is no row of event {subject}",
    "results_differ": "the results are of {subject}, not of {detail}",
    "settlement_missing": "the plan {subject} has no clause settlement",
    "settled_already": "earlier_earnings: {subject} has been settled already",
    "amount_too_large": "{table}: an amount is too large to be calculated exactly",
    "period_kind_differs": "{subject} is no {detail}, which the plan pays by",
    "period_not_of_calendar": "{subject} is no period of the plan's calendar; the nearest is "
    "{detail}",
    "period_too_late": "the period {subject} is after the year {detail}",
    "digits_too_many": "{table}: {subject} has more decimals than its currency",
}


def problem(code: str, table: str, subject: str = "", detail: str = "") -> Problem:
    """One finding in words."""
    params = {"table": table, "subject": subject, "detail": detail}
    return Problem(code, _MESSAGES[code].format(**params), path=table, params=params)


def read_tables(tables: SettlementTables) -> dict[str, list[Row]]:
    """Every table as rows, empty where it was not given, in the order of its grain.

    Empty text reads as "". Raises InputInvalid with every reason against the tables.
    """
    found: dict[str, list[Row]] = {name: [] for name in SETTLEMENT_INPUTS}
    problems: list[Problem] = []
    for name, given in tables.sources.items():
        contract = SETTLEMENT_INPUTS[name]
        try:
            rows = _conform(contract, _arrow(given), problems)
        except (pa.ArrowInvalid, OSError):
            problems.append(problem("table_unreadable", name))
            continue
        found[name] = sorted(rows, key=lambda row: _grain(contract, row))
        problems += _check(contract, found[name])
    if problems:
        raise InputInvalid(problems)
    return found


def _arrow(given: Source) -> pa.Table:
    if isinstance(given, ParquetFiles):
        return pa.concat_tables([pq.ParquetFile(path).read() for path in given.paths])
    return given


def _grain(contract: Table, row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in contract.grain)


def _conform(contract: Table, given: pa.Table, problems: list[Problem]) -> list[Row]:
    """The declared columns with their types; columns that may be empty may be left out."""
    arrays: dict[str, Any] = {}
    for column in contract.columns:
        kind = arrow_type(column.kind)
        if column.name not in given.column_names:
            if column.required:
                problems.append(problem("column_missing", contract.name, column.name))
            arrays[column.name] = pa.nulls(given.num_rows, kind)
            continue
        values = given.column(column.name)
        if not fits(values.type, column):
            detail = f"{column.kind.sql}; it is {type_name(values.type)}"
            problems.append(problem("column_type", contract.name, column.name, detail))
            values = pa.nulls(given.num_rows, kind)
        if pa.types.is_integer(values.type) and column.kind.scale is not None:
            values = pc.cast(values, pa.decimal128(38, column.kind.scale))
        try:
            arrays[column.name] = pc.cast(values, kind)
        except pa.ArrowInvalid:
            problems.append(problem("amount_too_large", contract.name))
            arrays[column.name] = pa.nulls(given.num_rows, kind)
        empty = arrays[column.name].null_count
        if empty and column.required and fits(values.type, column):
            problems.append(problem("value_missing", contract.name, column.name, str(empty)))
    rows: list[Row] = pa.table(arrays).to_pylist()
    texts = [column.name for column in contract.columns if column.kind.sql == "TEXT"]
    for row in rows:
        for name in texts:
            row[name] = row[name] or ""
    return rows


def _check(contract: Table, rows: list[Row]) -> list[Problem]:
    """Grain, words, dates, currencies and rates of one table."""
    name, found = contract.name, list[Problem]()
    counted = Counter(_grain(contract, row) for row in rows)
    found += _shown(
        problem("row_repeated", name, ", ".join(key), str(count))
        for key, count in sorted(counted.items())
        if count > 1
    )
    for (table, word_column), words in WORDS.items():
        if table == name:
            unknown = sorted({row[word_column] for row in rows} - {*words, ""})
            found += _shown(
                problem("word_unknown", name, word, ", ".join(words)) for word in unknown
            )
    for column in contract.columns:
        if "currency" in column.name:
            unknown = sorted({row[column.name] for row in rows} - {*DIGITS, ""})
            found += _shown(problem("currency_unknown", name, word) for word in unknown)
    if "ends_before" in contract.names:
        found += _shown(
            problem("dates_reversed", name, ", ".join(_grain(contract, row)))
            for row in rows
            if _complete(row, "starts_on", "ends_before") and row["ends_before"] < row["starts_on"]
        )
    if name == "employment":
        found += _shown(_overlaps(rows))
    if name == "exchange_rates":
        found += _shown(
            problem("rate_not_positive", name, f"{row['from_currency']} on {row['on_date']}")
            for row in rows
            if _complete(row, "rate") and row["rate"] <= 0
        )
    return found


def _complete(row: Row, *names: str) -> bool:
    return all(row[name] is not None for name in names)


def _overlaps(rows: list[Row]) -> Iterable[Problem]:
    for first, second in pairwise(rows):
        if first["payee_id"] != second["payee_id"] or not _complete(second, "starts_on"):
            continue
        if first["ends_before"] is None or second["starts_on"] < first["ends_before"]:
            yield problem("dates_overlap", "employment", first["payee_id"])


def _shown(found: Iterable[Problem]) -> list[Problem]:
    return list(found)[:SHOWN]
