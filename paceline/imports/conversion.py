"""Text to typed values, whole columns at a time, in DuckDB.

One column has one style of date and one decimal mark. The style is recognised from all its values;
values in several styles, or values that would fit two readings, are a problem that names examples,
never a guess. No text of a file or of a person becomes part of a statement: it is data throughout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from paceline.imports.kinds import Field, FieldType
from paceline.imports.layout import EXAMPLES, FileUnreadable
from paceline.kernel.money import CURRENCIES

ANY_DAY = "%Y-%m-%d"  # of a column without days
DAY_STYLES = {
    ANY_DAY: "2026-07-31",
    "%Y/%m/%d": "2026/07/31",
    "%Y.%m.%d": "2026.07.31",
    "%Y%m%d": "20260731",
    "%Y年%m月%d日": "2026年07月31日",
    "%d.%m.%Y": "31.07.2026",
    "%d/%m/%Y": "31/07/2026",
    "%m/%d/%Y": "07/31/2026",
    "%d-%m-%Y": "31-07-2026",
    "%m-%d-%Y": "07-31-2026",
    "%d.%m.%y": "31.07.26",
    "%d/%m/%y": "31/07/26",
    "%m/%d/%y": "07/31/26",
    "%d %b %Y": "31 Jul 2026",
    "%d-%b-%Y": "31-Jul-2026",
    "%b %d, %Y": "Jul 31, 2026",
}
NUMBER_STYLES = {".": "1,234.50", ",": "1.234,50"}
SHARE_STYLES = {"ratio": "0.25", "percent": "25 %"}
DAY_EARLIEST, DAY_LATEST = "1990-01-01", "2100-01-01"
_IN_RANGE = f"BETWEEN TIMESTAMP '{DAY_EARLIEST}' AND TIMESTAMP '{DAY_LATEST}'"
SHOWN = 80

MONEY_SPELLINGS = {
    **dict.fromkeys(("RMB", "CNH", "人民币", "人民幣"), "CNY"),
    **dict.fromkeys(("NTD", "NT$", "新台幣", "新臺幣", "台幣", "新台币"), "TWD"),
    **dict.fromkeys(("US$", "美元", "美金"), "USD"),
    **dict.fromkeys(("€", "欧元", "歐元"), "EUR"),
    **dict.fromkeys(("日元", "日圓"), "JPY"),
    "£": "GBP",
    "R$": "BRL",
}


# Distinct texts in, a table of ``text, code, person_id`` out.
People = Callable[[Sequence[str]], pa.Table]


def open_lines() -> duckdb.DuckDBPyConnection:
    """An empty database in memory, within limits, that can reach neither files nor network."""
    duck = duckdb.connect(":memory:")
    for setting in (
        "SET memory_limit = '2GB'",
        "SET threads = 2",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        duck.execute(setting)
    duck.execute(
        "CREATE TABLE problems"
        " (row BIGINT, field VARCHAR, code VARCHAR, params VARCHAR, severity VARCHAR)"
    )
    return duck


def convert(
    duck: duckdb.DuckDBPyConnection,
    fields: Sequence[Field],
    chosen: Mapping[str, str],
    people: People,
) -> dict[str, str]:
    """Make ``lines`` from ``texts``; write what could not be read to ``problems``.

    ``chosen`` holds styles the reader picked; ``people`` turns distinct texts into a table of
    ``text, person_id, code``. Returns the style of each date and number column. Raises
    :class:`FileUnreadable` when a column has no single style.
    """
    used: dict[str, str] = {}
    columns, joins, codes = ["t.row"], [], {}
    for field in fields:
        name = field.name
        # Most files leave most days out: nothing need be read or reported of them.
        is_left_out = field.type is FieldType.DAY and not field.required and _is_empty(duck, name)
        style = ANY_DAY if is_left_out else style_of(duck, field, chosen.get(name, ""))
        if style:
            used[name] = style
        if field.type in LOOKED_UP:
            texts = [value for (value,) in _distinct(duck, name).fetchall()]
            duck.register(f"known_{name}", looked_up(field, texts, people))
            joins.append(f"LEFT JOIN known_{name} k_{name} ON k_{name}.text = t.{name}")
            columns += _looked_up_columns(field)
            codes[name] = f"COALESCE(l.{name}_code, '')"
        elif is_left_out:
            columns += [f"CAST(NULL AS DATE) AS {name}", f"'' AS {name}_text"]
            continue
        else:
            columns += expressions(field, style)
            codes[name] = f"CASE WHEN l.{name} IS NULL THEN '{CODES[field.type]}' ELSE '' END"
        if field.type is not FieldType.TEXT:
            columns.append(f"t.{name} AS {name}_text")
    duck.execute(
        f"CREATE TABLE lines AS SELECT {', '.join(columns)} FROM texts t {' '.join(joins)}"  # noqa: S608
    )
    for field in fields:
        if field.name in codes:
            _report(duck, field, codes[field.name])
    return used


def _report(duck: duckdb.DuckDBPyConnection, field: Field, code: str) -> None:
    name = field.name
    text = name if field.type is FieldType.TEXT else f"{name}_text"
    shown = f"json_object('value', left(l.{text}, {SHOWN}))"
    insert = "INSERT INTO problems SELECT l.row, ?, {}, {}, 'error' FROM lines l WHERE {}"
    if field.required:
        duck.execute(insert.format("'missing'", "'{}'", f"l.{text} = ''"), [name])
    duck.execute(insert.format(code, shown, f"l.{text} <> '' AND {code} <> ''"), [name])
    if field.type is FieldType.TEXT:
        limit = f"json_object('most', {field.max_length}, 'value', left(l.{text}, {SHOWN}))"
        too_long = f"length(l.{text}) > {field.max_length}"
        duck.execute(insert.format("'too_long'", limit, too_long), [name])
    if field.type is FieldType.DECIMAL:
        finer = f"l.{name} <> l.{name}_exact"
        places = f"json_object('most', {field.places}, 'value', left(l.{text}, {SHOWN}))"
        duck.execute(insert.format("'too_many_places'", places, finer), [name])
    if field.type is FieldType.DAY:
        outside = f"{name} NOT BETWEEN '{DAY_EARLIEST}' AND '{DAY_LATEST}'"
        found = duck.execute(insert.format("'day_out_of_range'", shown, outside), [name])
        if found.fetchall() != [(0,)]:  # what else is wrong on such a day is not worth saying
            duck.execute(f"UPDATE lines SET {name} = NULL WHERE {outside}")  # noqa: S608


# --------------------------------------------------------------------------------------- styles

# Digits and signs as they are typed on wide keyboards, then everything that only decorates.
_NARROW = "translate(%s, '０１２３４５６７８９．，－−（）％／：　', '0123456789.,--()%%/:')"
_DECORATION = r"[\s\x{00A0}\x{2009}\x{202F}''’$€£¥￥元]|NT\$|US\$|R\$"


def cleaned(text: str) -> str:
    """An expression for a number's text without decoration, sign in front."""
    bare = f"regexp_replace({_NARROW % text}, '{_DECORATION}', '', 'g')"
    signed = f"regexp_replace({bare}, '^\\((.*)\\)$|^(.*[0-9])-$', '-\\1\\2')"
    plain = f"regexp_full_match({text}, '-?[0-9]+(\\.[0-9]+)?')"
    return f"CASE WHEN {plain} THEN {text} ELSE ltrim({signed}, '+') END"


def expressions(field: Field, style: str) -> list[str]:
    """The typed columns of a field under a style; null where the text does not fit."""
    name, text = field.name, f"t.{field.name}"
    if field.type is FieldType.DAY:
        return [f"{day_expression(text, style)} AS {name}"]
    if field.type is FieldType.DECIMAL:
        exact = f"TRY_CAST({_number(text, style)} AS DECIMAL(38, 12))"
        if style == ".":  # what is plainly a number needs no cleaning
            plain = f"regexp_full_match({text}, '-?[0-9]+(\\.[0-9]+)?')"
            exact = f"CASE WHEN {plain} THEN TRY_CAST({text} AS DECIMAL(38, 12)) ELSE {exact} END"
        digits = 18 if field.places != 4 or field.name == "quantity" else 20
        rounded = f"TRY_CAST({exact} AS DECIMAL({digits}, {field.places}))"
        return [f"{rounded} AS {name}", f"{exact} AS {name}_exact"]
    if field.type is FieldType.SHARE:
        number = _number(f"replace(replace({text}, '%', ''), '％', '')", ".")
        exact = f"TRY_CAST({number} AS DECIMAL(20, 8))"
        return [
            f"{exact if style == 'ratio' else f'CAST({exact} * 0.01 AS DECIMAL(20, 8))'} AS {name}"
        ]
    return [f"{text} AS {name}"]


def _number(text: str, style: str) -> str:
    clean = cleaned(text)
    if style == ",":
        shape = "-?([0-9]{1,3}(\\.[0-9]{3})+|[0-9]+)(,[0-9]*)?|-?,[0-9]+"
        plain = f"replace(replace({clean}, '.', ''), ',', '.')"
    else:
        shape = "-?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\\.[0-9]*)?([eE][+-]?[0-9]{1,2})?|-?\\.[0-9]+"
        plain = f"replace({clean}, ',', '')"
    return f"CASE WHEN regexp_full_match({clean}, '{shape}') THEN {plain} END"


def day_expression(text: str, style: str) -> str:
    if style not in DAY_STYLES:
        raise FileUnreadable("day_style_unknown", value=style[:SHOWN])
    whole = f"COALESCE(try_strptime({text}, '{style}'), try_strptime({_day_text(text)}, '{style}'))"
    return f"CAST({whole} AS DATE)"


def _day_text(text: str) -> str:
    """A day without the time that may follow it: the day as written, in its own time zone."""
    return f"regexp_replace(trim({_NARROW % text}), '[ T][0-9]{{1,2}}:[0-9]{{2}}.*$', '')"


def style_of(duck: duckdb.DuckDBPyConnection, field: Field, chosen: str) -> str:
    """The style of a column, chosen or recognised; empty for types that have none."""
    if field.type is FieldType.DAY:
        return chosen if chosen in DAY_STYLES else _day_style(duck, field.name)
    if field.type is FieldType.DECIMAL:
        return chosen if chosen in NUMBER_STYLES else _number_style(duck, field.name)
    if field.type is FieldType.SHARE:
        return chosen if chosen in SHARE_STYLES else _share_style(duck, field.name)
    return ""


def _distinct(duck: duckdb.DuckDBPyConnection, name: str) -> duckdb.DuckDBPyConnection:
    return duck.execute(f"SELECT DISTINCT {name} FROM texts WHERE {name} <> '' ORDER BY 1")  # noqa: S608


def _is_empty(duck: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = duck.execute(f"SELECT 1 FROM texts WHERE {name} <> '' LIMIT 1").fetchall()  # noqa: S608
    return not found


def _day_style(duck: duckdb.DuckDBPyConnection, name: str) -> str:
    texts = f"(SELECT DISTINCT {name} AS x FROM texts WHERE {name} <> '')"  # noqa: S608
    days = f"(SELECT DISTINCT {_day_text('x')} AS d FROM {texts})"  # noqa: S608
    counts = ", ".join(
        f"count(*) FILTER (try_strptime(d, '{style}') {_IN_RANGE})" for style in DAY_STYLES
    )
    total, *fitting = _one(duck, f"SELECT count(*), {counts} FROM {days}")  # noqa: S608
    if not total:
        return ANY_DAY
    by_style = dict(zip(DAY_STYLES, fitting, strict=True))
    whole = [style for style, count in by_style.items() if count == total]
    if whole:
        _refuse_unclear_order(duck, name, days, whole)
        return whole[0]
    examples = _one_of_each(duck, days, sorted(by_style, key=lambda style: -by_style[style]))
    if len(examples) > 1:
        shown = list(examples.values())[:EXAMPLES]
        raise FileUnreadable("days_in_several_styles", field=name, examples=shown)
    return next(iter(examples), ANY_DAY)


def _one_of_each(
    duck: duckdb.DuckDBPyConnection, days: str, styles: Sequence[str]
) -> dict[str, str]:
    """A value for each style that reads values which no style before it can read."""
    examples: dict[str, str] = {}
    for style in styles:
        unread = "".join(f" AND try_strptime(d, '{other}') IS NULL" for other in examples)
        (found,) = _one(
            duck,
            f"SELECT min(d) FROM {days}"  # noqa: S608 - our own styles
            f" WHERE try_strptime(d, '{style}') {_IN_RANGE}{unread}",
        )
        if found is not None:
            examples[style] = str(found)
    return examples


def _refuse_unclear_order(
    duck: duckdb.DuckDBPyConnection, name: str, days: str, styles: Sequence[str]
) -> None:
    """03/04 in every line: day first or month first? Only a person can know."""
    for other in styles[1:]:
        (found,) = _one(
            duck,
            f"SELECT min(d) FROM {days} WHERE try_strptime(d, '{styles[0]}')"  # noqa: S608
            f" <> try_strptime(d, '{other}')",
        )
        if found is not None:
            raise FileUnreadable("day_order_unclear", field=name, value=str(found))


_POINT = r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]*|-?[0-9]{1,3}(,[0-9]{3}){2,}"
_COMMA = r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]*|-?[0-9]{1,3}(\.[0-9]{3}){2,}"


def _number_style(duck: duckdb.DuckDBPyConnection, name: str) -> str:
    if not _one(duck, f"SELECT count(*) FROM texts WHERE contains({name}, ',')")[0]:  # noqa: S608
        plain = f"regexp_full_match({name}, '-?[0-9]*\\.?[0-9]*')"
        if not _one(duck, f"SELECT count(*) FROM texts WHERE NOT {plain}")[0]:  # noqa: S608
            return "."
    point = (
        f"regexp_full_match(n, '{_POINT}') OR (contains(n, '.') AND NOT contains(n, ',')"
        " AND regexp_full_match(n, '-?[0-9]*\\.[0-9]*')"
        " AND NOT regexp_full_match(n, '-?[0-9]{1,3}\\.[0-9]{3}'))"
    )
    comma = (
        f"regexp_full_match(n, '{_COMMA}') OR (contains(n, ',') AND NOT contains(n, '.')"
        " AND regexp_full_match(n, '-?[0-9]*,[0-9]*')"
        " AND NOT regexp_full_match(n, '-?[0-9]{1,3},[0-9]{3}'))"
    )
    unclear = "regexp_full_match(n, '-?[0-9]{1,3}[.,][0-9]{3}')"
    numbers = f"(SELECT {cleaned('t.' + name)} AS n FROM texts t WHERE t.{name} <> '')"  # noqa: S608
    examples = _one(
        duck,
        f"SELECT min(n) FILTER ({point}), min(n) FILTER ({comma}),"  # noqa: S608
        f" min(n) FILTER ({unclear} AND contains(n, ',')) FROM {numbers}",
    )
    with_point, with_comma, thousands = examples
    if with_point and with_comma:
        raise FileUnreadable("numbers_in_two_styles", field=name, examples=[with_point, with_comma])
    if thousands and not with_point and not with_comma:
        raise FileUnreadable("decimal_mark_unclear", field=name, value=thousands)
    return "," if with_comma else "."


def _share_style(duck: duckdb.DuckDBPyConnection, name: str) -> str:
    number = _number(f"replace({name}, '%', '')", ".")
    above = _one(
        duck,
        f"SELECT count(*) FROM texts WHERE contains({name}, '%')"  # noqa: S608
        f" OR TRY_CAST({number} AS DECIMAL(20, 8)) > 1",
    )[0]
    return "percent" if above else "ratio"


def _one(duck: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = duck.execute(query).fetchall()
    return tuple(row)


# ------------------------------------------------------------------------------ looked-up values

LOOKED_UP = {FieldType.CURRENCY, FieldType.CHOICE, FieldType.PERSON, FieldType.PERIOD}
CODES = {
    FieldType.DAY: "not_a_day",
    FieldType.DECIMAL: "not_a_number",
    FieldType.SHARE: "not_a_number",
    FieldType.TEXT: "",
}


def looked_up(field: Field, texts: Sequence[str], people: People) -> pa.Table:
    """``text, code`` and the values for each distinct text of a column; ``code`` empty if good."""
    if field.type is FieldType.PERSON:
        return people(texts)
    if field.type is FieldType.PERIOD:
        return _periods(texts)
    spellings = {spelling: value for value, names in field.choices.items() for spelling in names}
    values, codes = [], []
    for text in texts:
        if field.type is FieldType.CURRENCY:
            value = MONEY_SPELLINGS.get(text.upper(), text.upper())
            codes.append("" if value in CURRENCIES else "currency_unknown")
        else:
            value = spellings.get(text.casefold(), text)
            codes.append("" if value in field.choices else field.unknown)
        values.append(value)
    return _table(texts, codes, value=pa.array(values, pa.string()))


def _table(texts: Sequence[str], codes: Sequence[str], **values: pa.Array) -> pa.Table:
    columns = {"text": pa.array(texts, pa.string()), "code": pa.array(codes, pa.string())}
    return pa.table({**columns, **values})


def _looked_up_columns(field: Field) -> list[str]:
    name = field.name
    values = {
        FieldType.PERSON: {"person_id": f"{name}_id"},
        FieldType.PERIOD: {"starts_on": f"{name}_starts_on", "ends_before": f"{name}_ends_before"},
    }.get(field.type, {"value": name})
    return [
        f"k_{name}.{value} AS {column}"
        for value, column in {**values, "code": f"{name}_code"}.items()
    ]


PERIOD = re.compile(r"^(\d{4})(?:[-/ ]?(?:Q([1-4])|H([12])|M?(0?[1-9]|1[0-2])))?$", re.IGNORECASE)


WEEKS = re.compile(r"^(\d{4}-\d{2}-\d{2})W(\d{1,2})$", re.IGNORECASE)
MOST_WEEKS = 53


def _weeks(text: str, weeks: int) -> tuple[date, date] | None:
    try:
        first = date.fromisoformat(text)
    except ValueError:
        return None
    if not (1990 <= first.year < 2100 and 1 <= weeks <= MOST_WEEKS):
        return None
    return first, first + timedelta(weeks=weeks)


def period_of(text: str) -> tuple[date, date] | None:
    """The half-open days of a year, half-year, quarter or month: ``2026``, ``2026H1``, ``2026Q3``,
    ``2026-07``, or of weeks from a day on: ``2026-02-01W13``; ``None`` for anything else."""
    if of_weeks := WEEKS.match(text):
        return _weeks(of_weeks[1], int(of_weeks[2]))
    match = PERIOD.match(text)
    if match is None or not 1990 <= int(match[1]) < 2100:
        return None
    year = int(match[1])
    if match[2]:
        first, months = int(match[2]) * 3 - 2, 3
    elif match[3]:
        first, months = int(match[3]) * 6 - 5, 6
    elif match[4]:
        first, months = int(match[4]), 1
    else:
        first, months = 1, 12
    after = first - 1 + months
    return date(year, first, 1), date(year + after // 12, after % 12 + 1, 1)


def _periods(texts: Sequence[str]) -> pa.Table:
    found = [period_of(text) for text in texts]
    return _table(
        texts,
        ["" if days else "not_a_period" for days in found],
        starts_on=pa.array([days[0] if days else None for days in found], pa.date32()),
        ends_before=pa.array([days[1] if days else None for days in found], pa.date32()),
    )
