"""An import in words: its steps, its totals, what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from paceline.imports import queries
from paceline.imports.kinds import ImportKind
from paceline.imports.models import Import, ImportState
from paceline.kernel import formats
from paceline.org.models import Person

PROBLEMS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Step:
    """A step on the way: ``state`` is done, now or next."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class SumWords:
    """A control total of one currency in words."""

    currency: str
    text: str
    rows_text: str


def steps(source: Import) -> list[Step]:
    """Where an import stands on its way."""
    labels = [
        pgettext("step", "Upload"),
        pgettext("step", "Columns"),
        pgettext("step", "Check"),
        pgettext("step", "Import"),
    ]
    here = {
        ImportState.UPLOADED: 1,
        ImportState.CHECKING: 2,
        ImportState.CHECKED: 2,
        ImportState.COMMITTING: 3,
    }.get(ImportState(source.state), len(labels))
    return [
        Step(label, "done" if place < here else "now" if place == here else "next")
        for place, label in enumerate(labels)
    ]


def result(source: Import, kind: ImportKind, person: Person) -> dict[str, Any]:
    """Everything that the page of a checked or finished import shows."""
    found = queries.result(source, kind, PROBLEMS_SHOWN, person)
    totals = found["totals"]
    progress = source.progress
    return found | {
        "accepted": formats.number(totals["accepted"]),
        "rejected": formats.number(totals["rejected"]),
        "of_rows": _("of %(rows)s") % {"rows": formats.number(totals["rows"])},
        "sums": [_sum(one) for one in found["sums"]],
        "span": _span(found),
        "changes": _(" · ").join(
            formats.number(totals[name]) for name in ("new", "changed", "same")
        ),
        "nothing_new": not (totals["new"] or totals["changed"]),
        "commit_text": _lines(totals),
        "done_text": _done(source, totals),
        "errors_shown": _shown(len(found["errors"]), found["problem_count"]),
        "failure": "" if progress is None else progress.failure_text,
    }


def _sum(one: queries.Sum) -> SumWords:
    rows = ngettext("%(n)s line", "%(n)s lines", one.rows) % {"n": formats.number(one.rows)}
    amount = formats.money_in_full(one.amount, one.currency) if one.currency else ""
    return SumWords(one.currency, amount, rows)


def _span(found: Mapping[str, Any]) -> str:
    first, last = found["first_day"], found["last_day"]
    if first is None or last is None:
        return ""
    return formats.span_of_days(first, last.fromordinal(last.toordinal() + 1))


def _lines(totals: Mapping[str, Any]) -> str:
    written = totals["new"] + totals["changed"]
    text = ngettext("Import %(n)s line", "Import %(n)s lines", written)
    return text % {"n": formats.number(written)}


def _done(source: Import, totals: Mapping[str, Any]) -> str:
    if source.state == ImportState.UNDONE:
        return _("This import was undone. Everything is as it was before.")
    if source.state == ImportState.DISCARDED:
        return _("This file was put away. Nothing of it was imported.")
    if source.state != ImportState.COMMITTED:
        return ""
    if not totals["new"] and not totals["changed"]:
        return _("Every line was known already. Nothing was changed.")
    text = ngettext(
        "%(new)s line is new, %(changed)s changed, %(same)s known already.",
        "%(new)s lines are new, %(changed)s changed, %(same)s known already.",
        totals["new"],
    )
    return text % {name: formats.number(totals[name]) for name in ("new", "changed", "same")}


def _shown(shown: int, found: int) -> str:
    if found <= shown:
        return ngettext("%(n)s problem", "%(n)s problems", found) % {"n": formats.number(found)}
    return _("the first %(shown)s of %(found)s problems; the file has all") % {
        "shown": formats.number(shown),
        "found": formats.number(found),
    }
