"""What each customer bought in a whole quarter and a whole year: files for the largest customers.

Millions of rows of months are grouped anew by every question otherwise. A term's file is named
after the snapshots of its months; it is made once they are all past, and again when one of them is
corrected. It holds money in the currency of the lines: whoever converts takes from it only those
currencies whose rate is the same in all its months, and the others from the months. Where it is
not made yet the same question is answered from the months.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from paceline.insights.cubes.making import QUICK, cube_path, open_database
from paceline.insights.cubes.shapes import facts_of, type_of
from paceline.kernel.periods import month_from

SHAPE = "terms"
# The longest first: a day is taken from the longest term that lies in what is asked.
LENGTHS = (12, 3)
# What lines can be narrowed by where whole terms answer, besides the customer.
COLUMNS = frozenset({"currency", "customer"})

_TERM = f"""
COPY (
    SELECT ?::DATE AS term, currency, customer_key, min(customer) AS customer,
        {{sums}}
    FROM read_parquet(?) GROUP BY currency, customer_key ORDER BY currency, customer_key
) TO '{{path}}' ({QUICK})
"""


@dataclass(frozen=True, slots=True)
class Term:
    """Half-open days that begin and end with a month, and the snapshots of their months."""

    starts_on: date
    ends_before: date
    digests: tuple[tuple[date, str], ...]

    @property
    def name(self) -> str:
        text = f"{self.starts_on} {self.ends_before} {self.digests}"
        return hashlib.sha256(text.encode()).hexdigest()

    def path(self, folder: Path) -> Path:
        return cube_path(folder, self.name, SHAPE).resolve()


def terms_of(digests: Mapping[date, str]) -> list[Term]:
    """The terms of some months that are past, years before quarters: the newest month still
    changes with every order, and so does what it is part of."""
    found: list[Term] = []
    if not digests:
        return found
    newest = max(digests)
    for length in LENGTHS:
        starts = {
            date(month.year, (month.month - 1) // length * length + 1, 1) for month in digests
        }
        for first in sorted(starts):
            end = month_from(first, length)
            own = tuple(sorted((m, d) for m, d in digests.items() if first <= m < end))
            if end <= newest and len(own) > 1:
                found.append(Term(first, end, own))
    return found


def cover(
    terms: Iterable[Term], starts_on: date, ends_before: date
) -> tuple[list[Term], list[tuple[date, date]]]:
    """Terms that lie in some days without a day in common, and the days that are left."""
    chosen: list[Term] = []
    for one in terms:
        if (
            starts_on <= one.starts_on
            and one.ends_before <= ends_before
            and not any(
                one.starts_on < other.ends_before and other.starts_on < one.ends_before
                for other in chosen
            )
        ):
            chosen.append(one)
    chosen.sort(key=lambda one: one.starts_on)
    left, day = [], starts_on
    for one in chosen:
        if day < one.starts_on:
            left.append((day, one.starts_on))
        day = one.ends_before
    if day < ends_before:
        left.append((day, ends_before))
    return chosen, left


def make_terms(folder: Path, digests: Mapping[date, str], *, memory: int) -> None:
    """Make what is not there yet; each file appears whole or not at all.

    The months' other files must have been made.
    """
    for term in terms_of(digests):
        path = term.path(folder)
        if not path.is_file():
            _make(folder, term, path, memory)


def _make(folder: Path, term: Term, path: Path, memory: int) -> None:
    draft = (folder / f"{secrets.token_hex(8)}.part").resolve()
    files = [str(cube_path(folder, digest, "customers").resolve()) for _, digest in term.digests]
    sums = ", ".join(
        f"CAST(sum({fact}) AS {type_of(fact)}) AS {fact}" for fact in facts_of("customers")
    )
    duck = open_database([folder], memory=memory)
    try:
        duck.execute(_TERM.format(sums=sums, path=draft), [term.starts_on, files])
        draft.replace(path)
    finally:
        duck.close()
        draft.unlink(missing_ok=True)
