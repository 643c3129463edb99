"""Tiers that are not written in the plan but come as rows of a table of rates."""

from __future__ import annotations

from typing import Literal, cast

from paceline.engine.plan.clauses import Clause, meant, nearest
from paceline.engine.plan.model import ImportedTiers, Plan, RateTable, TierValue
from paceline.engine.plan.scope import Scope

COUNTS = ("each", "all")
MISSING = ("refuse", "nothing")
PAYS: tuple[TierValue, ...] = ("rate", "amount")
MAX_KEYS = 6


def read_imported(
    clause: Clause, reading: str, on: str, scope: Scope
) -> tuple[ImportedTiers, TierValue]:
    """Which table, by which columns, what its tiers count and pay, and what becomes of lines that
    it has no row for.
    """
    counts = ["counts"] if on == "amount" else []
    clause.keys(["name", "by", "pays", *counts, "missing"])
    by = clause.child("by").words()
    for name in by:
        if name not in scope.keys:
            near = nearest(name, scope.keys)
            raise clause.child("by").refuse(
                "name_unknown",
                f"there is no column {name[:60]} of texts{meant(near)}",
                name=name[:60],
                nearest=near,
                known=", ".join(scope.keys),
            )
    if not by or len(set(by)) != len(by) or len(by) > MAX_KEYS:
        raise clause.child("by").refuse(
            "rate_keys_invalid",
            f"a table of rates is asked by 1 to {MAX_KEYS} different columns",
            limit=MAX_KEYS,
        )
    pays = cast("TierValue", clause.child("pays").choice(PAYS))
    counted = clause.child("counts").choice(COUNTS) if counts else "all"
    if reading == "interpolated":
        raise clause.refuse(
            "rate_table_interpolated", "a table of rates is read in slices or whole"
        )
    if reading == "slice" and (counted != "each" or pays != "rate"):
        raise clause.refuse(
            "rate_table_sliced",
            "slices of a table of rates pay rates, and count each key by itself: `on: amount`, "
            "`counts: each`, `pays: rate`; else read it whole",
        )
    found = ImportedTiers(
        clause.child("name").identifier(),
        by,
        cast("Literal['each', 'all']", counted),
        cast("Literal['refuse', 'nothing']", clause.child("missing").choice(MISSING)),
        clause.path,
    )
    return found, pays


Lookup = tuple[str, tuple[str, ...], TierValue]  # a table, the columns that are asked, what it pays


def imported_tables(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """The tables of rates that a plan asks, each with the columns by which it asks."""
    return list(dict.fromkeys((name, by) for name, by, _ in lookups_of(plan)))


def lookups_of(plan: Plan) -> dict[Lookup, RateTable]:
    """The same with what the rows pay: one table may have rates and amounts."""
    found: dict[Lookup, RateTable] = {}
    for component in plan.components:
        rates = component.rates
        if rates is not None and rates.imported is not None:
            found.setdefault((rates.imported.name, rates.imported.by, rates.value), rates)
    return found
