"""Setting by hand what was agreed or is stated outside the plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction

from paceline.imports.actions import staging
from paceline.incentives.models.terms import Term
from paceline.kernel import audit
from paceline.org.models import Person

Row = TypeVar("Row", bound=Term)


class TermOverlaps(Exception):
    """Another row of the same key holds on some of these days. ``existing`` is that row."""

    def __init__(self, existing: Term) -> None:
        super().__init__(str(existing))
        self.existing = existing


class TermUnchanged(Exception):
    """The row says this already."""


class TermEndsBeforeStart(Exception):
    """The last day lies before the first."""


def lock_terms(model: type[Term]) -> None:
    staging.lock_target(model._meta.db_table)


@transaction.atomic
def set_term(
    *,
    model: type[Row],
    given: Mapping[str, Any],
    starts_on: date,
    ends_before: date | None,
    reason: str,
    by: Person,
    at: datetime,
) -> Row:
    """Let something hold from a day on; ``given`` has the key and the values of the kind.

    The row that held without an end before is ended there; one with the same first day is changed,
    and the trail keeps what it said. Raises ``TermOverlaps``, ``TermUnchanged`` and
    ``TermEndsBeforeStart``; then nothing changed.
    """
    if ends_before is not None and ends_before <= starts_on:
        raise TermEndsBeforeStart
    lock_terms(model)
    rows = model.objects.filter(**{name: given[name] for name in model.key})
    known = rows.filter(starts_on=starts_on).first()
    others = list(rows.during(starts_on, ends_before).exclude(starts_on=starts_on))
    former = next((one for one in others if one.starts_on < starts_on), None)
    if former is not None and former.ends_before is None and ends_before is None:
        former.ends_before = starts_on
        former.save(update_fields=["ends_before"])
        others.remove(former)
    if others:
        raise TermOverlaps(others[0])
    wanted = {name: given[name] for name in model.values} | {"ends_before": ends_before}
    before = None if known is None else known.told()
    if known is None:
        row = model.objects.create(
            **{name: given[name] for name in model.key}, starts_on=starts_on, **wanted
        )
    else:
        row = known
        if all(getattr(row, name) == value for name, value in wanted.items()):
            raise TermUnchanged(row)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.imported_by = None
        row.save(update_fields=[*wanted, "imported_by"])
    audit.record(
        "term_set",
        subject=row,
        by=by,
        at=at,
        before=before,
        after=row.told(),
        reason=reason,
    )
    return row
