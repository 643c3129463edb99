"""Files of customers under examination: names put together, phones and addresses read, likes found.

Everything here works on whole columns in DuckDB; texts that need a library are read once for each
distinct text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from paceline.crm.actions import customers
from paceline.crm.intake.fields import CUSTOM, YES
from paceline.crm.models import CustomField, ErasedKey, FieldKind, PointKind
from paceline.crm.names import name_keys
from paceline.crm.points import is_readable, normalise
from paceline.imports import checking
from paceline.imports.kinds import Check
from paceline.kernel.money import currency_digits

POINTS = ("mobile", "phone", "email", "wechat", "line", "whatsapp")
POINT_MAX, POINTS_OF_A_CELL, TOLD_MAX = 300, 20, 80
_APART = re.compile(r"[;；,，、|\n\r]+|\s/\s")
_NAMED = re.compile(r"<([^<>\s]+)>\s*$")
# A name in these scripts is written family name first, without a space.
_EASTERN = "[\\x{2E80}-\\x{D7AF}\\x{F900}-\\x{FAFF}]"


def fields_of(check: Check) -> set[str]:
    return {one.name for one in check.kind.fields}


def _forgive_owners(check: Check) -> None:
    """Who looked after a customer in another system need not work here: then it is nobody's yet,
    and the check says so. In a file of one's own such a name is a slip."""
    check.duck.execute(
        "UPDATE problems SET severity = 'warning', code = 'owner_unknown' WHERE field = 'owner'"
        " AND code = 'person_unknown' AND row IN (SELECT row FROM lines WHERE origin <> '')"
    )


def check_company(check: Check) -> None:
    _forgive_owners(check)
    _add_place(check)
    _prepare(
        check,
        is_person=False,
        names=("name", "latin_name"),
        keys=("external_id", "number", "registration"),
    )


def check_contact(check: Check) -> None:
    _forgive_owners(check)
    _add_place(check)
    _join_names(check)
    _prepare(check, is_person=True, names=("name", "latin_name"), keys=("external_id", "number"))
    _add_keys(check, "company_key", ("company",), is_person=False)


def check_lead(check: Check) -> None:
    _forgive_owners(check)
    _join_names(check)
    _prepare(check, is_person=True, names=("name",), keys=("external_id",))


def check_deal(check: Check) -> None:
    _forgive_owners(check)
    _replace_lines(check, "*, '[]' AS name_keys, '[]' AS points")
    _add_keys(check, "company_key", ("company",), is_person=False)
    checking.add_problem(
        check,
        "SELECT row, 'amount', 'not_a_number', json_object('value', amount_text), 'error'"
        " FROM lines WHERE amount < 0",
    )
    known = check.duck.execute(
        "SELECT DISTINCT currency FROM lines WHERE currency <> ''"
    ).fetchall()
    digits = pa.table(
        {"currency": pa.array([code for (code,) in known], pa.string()),
         "digits": pa.array([currency_digits(code) for (code,) in known], pa.int32())}
    )  # fmt: skip
    check.duck.register("currency_places", digits)
    checking.add_problem(
        check,
        "SELECT l.row, 'amount', 'too_many_places', json_object('most', d.digits, 'value',"
        " l.amount_text), 'error' FROM lines l JOIN currency_places d USING (currency)"
        " WHERE l.amount <> CASE d.digits WHEN 0 THEN round(l.amount, 0) WHEN 1 THEN"
        " round(l.amount, 1) WHEN 2 THEN round(l.amount, 2) WHEN 3 THEN round(l.amount, 3)"
        " ELSE l.amount END",
    )
    checking.add_problem(
        check,
        "SELECT row, 'next_step_on', 'missing', '{}', 'error' FROM lines"
        " WHERE (next_step <> '') <> (next_step_on IS NOT NULL)",
    )
    _add_custom(check)
    _refuse_repeats(check, ("external_id",))


def _prepare(
    check: Check, *, is_person: bool, names: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    checking.add_problem(
        check, "SELECT row, 'name', 'missing', '{}', 'error' FROM lines WHERE name = ''"
        " AND row NOT IN (SELECT row FROM problems WHERE field = 'name')",
    )  # fmt: skip
    _add_points(check)
    _add_keys(check, "name_keys", names, is_person=is_person)
    _add_custom(check)
    _refuse_repeats(check, keys)
    if is_person:
        _refuse_repeats(check, ("mail",))
    _tell_likes(check)


def _replace_lines(check: Check, columns: str, joins: str = "") -> None:
    check.duck.execute(f"CREATE OR REPLACE TABLE lines AS SELECT {columns} FROM lines l {joins}")


def _add_place(check: Check) -> None:
    """One address of street, postal code, city and state, in the order of its country's script."""
    western = "concat_ws(', ', nullif(address, ''), nullif(concat_ws(' ', nullif(postal_code, ''), nullif(city, '')), ''), nullif(state, ''))"
    eastern = "concat_ws('', nullif(postal_code, ''), nullif(state, ''), nullif(city, ''), nullif(address, ''))"
    _replace_lines(
        check,
        f"* REPLACE (left(CASE WHEN regexp_matches(address || city, '{_EASTERN}') THEN {eastern}"
        f" ELSE {western} END, 500) AS address)",
    )


def _join_names(check: Check) -> None:
    """A name from its two parts, where the whole is not given."""
    eastern = "last_name || first_name"
    western = "trim(first_name || ' ' || last_name)"
    joined = f"CASE WHEN regexp_matches(first_name || last_name, '{_EASTERN}') THEN {eastern} ELSE {western} END"
    # A lead or contact without any name of their own is called by their company or address.
    named = ", ".join(
        f"nullif({name}, '')"
        for name in ("company_name", "company", "email", "mobile", "phone")
        if name in fields_of(check)
    )
    given = "SELECT 1 FROM lines WHERE name <> '' OR first_name <> '' OR last_name <> '' LIMIT 1"
    spare = f", {named}" if check.duck.execute(given).fetchall() else ""
    _replace_lines(
        check,
        f"* REPLACE (left(COALESCE(nullif(name, ''), nullif({joined}, ''){spare}, ''), 200) AS name)",
    )


def _known(check: Check, name: str, query: str, read: Callable[[tuple[Any, ...]], Any]) -> None:
    """A table of what was read of each distinct text."""
    rows = check.duck.execute(query).fetchall()
    values = [read(row) for row in rows]
    width = len(rows[0]) if rows else 2
    columns = {f"k{n}": pa.array([row[n] for row in rows], pa.string()) for n in range(width)}
    check.duck.register(name, pa.table({**columns, "found": pa.array(values, pa.string())}))


def _add_points(check: Check) -> None:
    """``points``: the ways to reach somebody as JSON rows of kind, value, label, compared form."""
    found, joins, problems = [], [], []
    digests = set(ErasedKey.objects.values_list("digest", flat=True))
    country = "COALESCE(country, '')"
    for kind in (one for one in POINTS if one in fields_of(check)):
        told: dict[tuple[str, str], tuple[str, str]] = {}

        def read(row: tuple[Any, ...], kind: str = kind, told: dict[Any, Any] = told) -> str:
            cell = read_points(kind, row[0], row[1], digests)
            if cell.fault:
                told[row[0], row[1]] = cell.fault, row[0]
            elif cell.unread:
                told[row[0], row[1]] = "kept_unread", "; ".join(cell.unread)
            return ",".join(json.dumps(item, ensure_ascii=False) for item in cell.items)

        _known(
            check, f"read_{kind}",
            f"SELECT DISTINCT {kind}, {country} FROM lines WHERE {kind} <> ''", read,
        )  # fmt: skip
        joins.append(
            f"LEFT JOIN read_{kind} p_{kind} ON p_{kind}.k0 = l.{kind} AND p_{kind}.k1 = {country}"
        )
        found.append(f"nullif(p_{kind}.found, '')")
        problems += [(kind, *key, *how) for key, how in told.items()]
    # What could not be read stands behind what could, and is nobody's key.
    mails = 'regexp_extract(p_email.found, \'^\\["email"[^\\]]*, "([^"]*)"\\]\', 1)'
    _replace_lines(
        check,
        f"l.*, '[' || concat_ws(',', {', '.join(found)}) || ']' AS points,"
        f" COALESCE({mails}, '') AS mail",
        " ".join(joins),
    )
    for kind, text, where, code, value in problems:
        severity = "warning" if code == "kept_unread" else "error"
        checking.add_problem(
            check,
            f"SELECT row, '{kind}', '{code}', json_object('value', ?), '{severity}'"
            f" FROM lines WHERE {kind} = ? AND {country} = ?",
            [value[:TOLD_MAX], text, where],
        )


@dataclass(slots=True)
class Cell:
    """What one cell says of how somebody is reached: rows of kind, value, label and compared form;
    what of it could not be read and is kept as it stands; why it cannot be taken at all."""

    items: list[list[str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    fault: str = ""


def read_points(kind: str, text: str, country: str, erased: set[str]) -> Cell:
    """The several numbers or addresses of one cell.

    What is no number or address (``ask Ann``, ``doe@example``) is kept as another way to reach
    somebody, under the name of its column, so that nothing of a file is lost and nobody dials it.
    """
    read: dict[str, list[str]] = {}
    kept: dict[str, list[str]] = {}
    for value in _parts_of(kind, text)[:POINTS_OF_A_CELL]:
        if len(value) > POINT_MAX:
            return Cell(fault="too_long")
        compared = normalise(kind, value, country)[:POINT_MAX]
        if erased and customers.fingerprint(kind, compared) in erased:
            return Cell(fault="was_erased")
        if is_readable(kind, value, country):
            read.setdefault(compared, [kind, value, "", compared])
        else:
            compared = normalise(PointKind.OTHER, value)[:POINT_MAX]
            label = str(PointKind(kind).label)
            kept.setdefault(compared, [PointKind.OTHER.value, value, label, compared])
    return Cell([*read.values(), *kept.values()], [one[1] for one in kept.values()])


def _parts_of(kind: str, text: str) -> list[str]:
    """The parts of a cell. Addresses also stand behind a name (``Ann <ann@x.com>``) and apart by
    spaces alone."""
    found: list[str] = []
    for part in _APART.split(text):
        value = part.strip()
        if kind == PointKind.EMAIL and value:
            behind = _NAMED.search(value)
            words = [behind.group(1)] if behind else value.split()
            if all(is_readable(kind, word) for word in words):
                found += words
                continue
        found.append(value)
    return [one for one in found if one]


def _add_keys(check: Check, column: str, names: tuple[str, ...], *, is_person: bool) -> None:
    first, second = f"l.{names[0]}", f"l.{names[1]}" if len(names) > 1 else "''"

    def read(row: tuple[Any, ...]) -> str:
        return json.dumps(name_keys(row, is_person=is_person), ensure_ascii=False)

    _known(check, f"keys_{column}", f"SELECT DISTINCT {first}, {second} FROM lines l", read)
    _replace_lines(
        check,
        f"l.*, COALESCE(k.found, '[]') AS {column}",
        f"LEFT JOIN keys_{column} k ON k.k0 = {first} AND k.k1 = {second}",
    )


def _add_custom(check: Check) -> None:
    """``custom``: the values of the team's own fields as records keep them."""
    names = [one.name for one in check.kind.fields if one.name.startswith(CUSTOM)]
    kinds = dict(
        CustomField.objects.filter(pk__in=[int(one[len(CUSTOM) :]) for one in names]).values_list(
            "pk", "kind"
        )
    )
    parts = [_custom_value(name, FieldKind(kinds[int(name[len(CUSTOM) :])])) for name in names]
    joined = f"concat_ws(',', {', '.join(parts)})" if parts else "''"
    _replace_lines(check, f"*, '{{' || {joined} || '}}' AS custom")


def _custom_value(name: str, kind: FieldKind) -> str:
    key = f"'\"{name[len(CUSTOM) :]}\":'"
    if kind in {FieldKind.NUMBER, FieldKind.MONEY}:
        text = f"regexp_replace(CAST({name} AS VARCHAR), '\\.?0+$', '')"
        whole = f"CASE WHEN contains(CAST({name} AS VARCHAR), '.') THEN {text} ELSE CAST({name} AS VARCHAR) END"
        return f"CASE WHEN {name} IS NOT NULL THEN {key} || to_json({whole}) END"
    if kind == FieldKind.DAY:
        return f"CASE WHEN {name} IS NOT NULL THEN {key} || to_json(CAST({name} AS VARCHAR)) END"
    if kind == FieldKind.YES_NO:
        return f"CASE WHEN {name} = '{YES}' THEN {key} || 'true' END"
    if kind == FieldKind.CHOICES:
        split = f"list_filter(list_transform(string_split_regex({name}, '[;；|]'), x -> trim(x)), x -> x <> '')"
        return f"CASE WHEN {name} <> '' THEN {key} || to_json({split}) END"
    return f"CASE WHEN {name} <> '' THEN {key} || to_json({name}) END"


def _refuse_repeats(check: Check, keys: Iterable[str]) -> None:
    """Two lines of one file with the same key would be one record."""
    for key in keys:
        checking.add_problem(
            check,
            f"""
            SELECT row, '{key if key != "mail" else "email"}', 'key_repeated',
                   json_object('rows', list_slice(list_sort(all_rows), 1, 5)), 'error'
            FROM (SELECT row, list(row) OVER (PARTITION BY {key}) AS all_rows FROM lines
                  SEMI JOIN (SELECT {key} FROM lines WHERE {key} <> '' GROUP BY 1 HAVING count(*) > 1)
                  USING ({key}))
            """,
        )


def _tell_likes(check: Check) -> None:
    """Lines that look alike without having one key: told, not refused."""
    wide = (
        "SELECT row, unnest(CAST(json(name_keys) AS VARCHAR[])) AS k, 'name' AS reason FROM lines"
    )
    if any(one.name == "company" or one.name == "company_name" for one in check.kind.fields):
        company = "company" if "company" in fields_of(check) else "company_name"
        wide = wide.replace("AS k,", f"|| '|' || lower({company}) AS k,")
    numbers = (
        "SELECT row, p[4] AS k, 'phone' AS reason FROM (SELECT row,"
        " unnest(CAST(json(points) AS VARCHAR[][])) AS p FROM lines) WHERE p[1] IN ('mobile', 'phone', 'whatsapp')"
    )
    checking.add_problem(
        check,
        f"""
        WITH keys AS ({wide} UNION ALL {numbers}),
        alike AS (SELECT k, reason, list_sort(list(DISTINCT row)) AS all_rows FROM keys
                  GROUP BY 1, 2 HAVING count(DISTINCT row) BETWEEN 2 AND 20)
        SELECT all_rows[1], '', 'looks_like_lines', json_object('rows', list_slice(all_rows, 1, 5),
               'reasons', list_sort(list(DISTINCT reason))), 'warning'
        FROM alike GROUP BY all_rows
        """,
    )
