"""Kinds of import whose rows are staged, compared and written set by set: one builder for all.

A kind says what its rows are (a ``Target``) and what makes them wrong; staging, comparing, writing
and taking back are the same for each. A target without a table of earlier rows keeps pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.db import connection

from paceline.imports import checking
from paceline.imports.actions import pictures, staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import Changes, Check, Commit, ImportKind


def staged_kind(
    target: Target, *, check: Callable[[Check], None], lock: str, **words: Any
) -> ImportKind:
    """A kind of import written through ``target``; ``words`` are the further fields of the kind."""

    def match(found: Check) -> Changes:
        staging.stage(target, found)
        return staging.match(target)

    def apply(_found: Check, changes: Changes, commit: Commit) -> Changes:
        if target.before:
            staging.write(target, changes, commit)
            return changes
        pictures.remember([target.table])
        # Rows of one key may change places: only when all are written do they have to fit.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        staging.write(target, changes, commit)
        pictures.keep_differences([target.table], commit)
        return changes

    def undo(commit: Commit) -> None:
        if target.before:
            staging.refuse_if_changed_since(target, commit)
            staging.take_back(target, commit)
        else:
            pictures.take_back([target.table], commit)

    return ImportKind(
        check=check,
        match=match,
        apply=apply,
        undo=undo,
        lock=lambda: staging.lock_target(lock),
        **words,
    )


def read_days(check: Check) -> None:
    """Make the last day the first one after it (``ends_before``); refuse what ends too early."""
    check.duck.execute(
        "CREATE OR REPLACE TABLE lines AS SELECT *,"
        " CAST(last_day + INTERVAL 1 DAY AS DATE) AS ends_before FROM lines"
    )
    checking.add_problem(
        check,
        "SELECT row, 'last_day', 'ends_before_start', '{}', 'error' FROM lines"
        " WHERE ends_before <= starts_on",
    )


def refuse_overlaps(
    check: Check, key: Mapping[str, pa.DataType], stored: Sequence[Sequence[Any]], code: str
) -> None:
    """Two rows of one key on one day, in the file or against what is stored.

    ``stored`` has the key, the first day and the day after the last. A stored row with the first
    day of a line is what that line replaces.
    """
    names = ", ".join(key)
    days = {"starts_on": pa.date32(), "ends_before": pa.date32()}
    checking.refuse_repeats(check, (*key, "starts_on"))
    checking.register_rows(check, "stored", stored, **key, **days)
    after = "COALESCE({}.ends_before, DATE '9999-12-31')"
    checking.add_problem(
        check,
        f"""
        WITH every AS (
            SELECT row, {names}, starts_on, ends_before FROM lines
            UNION ALL BY NAME
            SELECT s.* FROM stored s ANTI JOIN lines l USING ({names}, starts_on))
        SELECT a.row, 'starts_on', '{code}', json_object(
               'starts_on', CAST(min(b.starts_on) AS VARCHAR)), 'error'
        FROM every a JOIN every b USING ({names})
        WHERE a.row IS NOT NULL AND a.starts_on <> b.starts_on
              AND b.starts_on < {after.format("a")} AND a.starts_on < {after.format("b")}
        GROUP BY a.row
        """,  # noqa: S608 - our own columns
    )
