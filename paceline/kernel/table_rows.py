"""The rows of a table in the database: some of them in their order, and what is known of them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Model, QuerySet, TextField

_NUMBER = re.compile(r"[0-9]+")


def part_of(rows: Any, start: int, end: int) -> Any:
    """Some of the rows in their order, still one query: their ids are found first.

    What is shown of them, other tables and subqueries, is then asked for these alone. Otherwise the
    database joins all rows to what a page shows of fifty, and walks through it for every row before
    a late page.
    """
    if not isinstance(rows, QuerySet) or not is_plain(rows):
        return rows[start:end]
    return rows.filter(IsAmong(F("pk"), ArraySubquery(rows.values("pk")[start:end])))


class IsAmong(Func):
    """A key is in an array that is made once: rows are then met by their keys.

    Asked with IN, the database may go through the whole table again to meet them.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class ByNumber(Func):
    """Text in whose order numbers count as numbers: line 2 before line 10, A9 before A10.

    Every number is written with twelve digits; of longer ones the last twelve count.
    """

    template = (
        r"regexp_replace(regexp_replace(%(expressions)s, '(\d+)', '000000000000\1', 'g'),"
        r" '\d*(\d{12})', '\1', 'g')"
    )
    output_field = TextField()


def by_number(text: str) -> str:
    """The same for rows that are no longer in the database."""
    return _NUMBER.sub(lambda found: found[0].zfill(12)[-12:], text)


def is_plain(rows: QuerySet[Any]) -> bool:
    """Whether each row is one of its model's table, known by its key."""
    query = rows.query
    return not (
        query.is_sliced or query.distinct or query.combinator or query.group_by is not None
        or query.values_select or query.annotation_select_mask is not None
    )  # fmt: skip


def may_be_null(model: type[Model], path: str) -> bool:
    """Whether a database path can be empty; paths over other tables and annotations may be."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    return path not in fields or fields[path].null
