"""From the ledger's wide rows to the result tables, each sorted by its grain.

Nothing is computed here: columns are put under each other, with the ids and clauses that they
belong to.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine import results, windows
from paceline.engine.columns import EXACT, Table
from paceline.engine.errors import ResultsDisagree
from paceline.engine.ledger.compile import ADJUSTMENTS, Ledger
from paceline.engine.ledger.measures import name_of
from paceline.engine.ledger.sums import OWN
from paceline.engine.shape import COUNTED, arrow_schema, arrow_type

Columns = Mapping[str, Any]


def result_tables(
    ledger: Ledger,
    wide: pa.Table,
    tabled: Mapping[str, pa.Table],
    unpaid: Mapping[str, Sequence[str]],
) -> dict[str, pa.Table]:
    """The results that the ledger holds, by name; `tabled` are the rows of tables of rates that
    took something, by component, `unpaid` who sold what such a table has no row for.
    """
    found = {
        "measures": _measures(ledger, wide),
        "attainment": _attainment(ledger, wide),
        "tiers": _tiers(ledger, wide, tabled),
        "earnings": _earnings(ledger, wide),
        "statements": _table(
            results.STATEMENTS,
            [
                {
                    "payee_id": wide.column("payee_id"),
                    "earned": wide.column("statement"),
                    "currency": ledger.plan.currency,
                }
            ],
        ),
    }
    found["details"] = _details(ledger, wide)
    if ledger.plan.rounds_once:
        found["unrounded_earnings"] = _unrounded(ledger, wide)
    return found | {"problems": _problems(ledger, wide, unpaid)}


def credit_table(ledger: Ledger, rows: pa.Table) -> pa.Table:
    """What each credit rule gave to whom, in the currency of the lines and in that of the plan;
    `rows` are the sums by payee and currency.
    """
    keys = [("payee_id", "ascending"), ("currency", "ascending")]
    rows = rows.take(pc.sort_indices(rows, keys)).combine_chunks()
    blocks = []
    for credit in _by_id(ledger.plan.credits):
        lines = rows.column(ledger.sums.of_credit(credit, COUNTED))
        given = rows.filter(pc.not_equal(lines, 0))
        # Arrow divides wide decimals in a tenth of the time that the database takes.
        converted = pc.round(
            given.column(ledger.sums.of_credit(credit, 0)),
            EXACT.scale,
            round_mode="half_towards_infinity",
        )
        blocks.append(
            {
                "plan": ledger.plan.slug,
                "credit": credit.id,
                "kind": credit.kind,
                "payee_id": given.column("payee_id"),
                "currency": given.column("currency"),
                "lines": given.column(ledger.sums.of_credit(credit, COUNTED)),
                "credited": given.column(ledger.sums.of_credit(credit, OWN)),
                "credited_plan": pc.cast(converted, arrow_type(EXACT)),
                "clause": credit.clause,
            }
        )
    return _table(results.CREDITS, blocks)


def hold_to_types(ledger: Ledger, wide: pa.Table) -> None:
    """The rows are of the declared types and name each payee once; else the engine is wrong."""
    schema = arrow_schema(ledger.contract)
    if wide.schema.remove_metadata() != schema:
        raise ResultsDisagree(f"ledger: {wide.schema} instead of {schema}")
    if pc.count_distinct(wide.column("payee_id")).as_py() != wide.num_rows:
        raise ResultsDisagree("ledger: a payee has two rows")


def _table(contract: Table, blocks: Sequence[Columns]) -> pa.Table:
    """Blocks of columns under each other; a plain value fills its column. Empty columns are held
    to the contract.
    """
    schema = arrow_schema(contract)
    lengths = [
        len(next(value for value in block.values() if isinstance(value, pa.ChunkedArray)))
        for block in blocks
    ]
    columns = []
    for column, kind in zip(contract.columns, schema.types, strict=True):
        parts: list[pa.Array] = []
        for block, length in zip(blocks, lengths, strict=True):
            value = block[column.name]
            if isinstance(value, pa.ChunkedArray):
                parts += value.chunks
            elif isinstance(value, pa.Array):
                parts.append(value)
            else:
                parts.append(pa.repeat(pa.scalar(value, kind), length))
        columns.append(pa.concat_arrays(parts) if len(parts) > 1 else pa.chunked_array(parts, kind))
        if column.required and columns[-1].null_count:
            raise ResultsDisagree(f"{contract.name}.{column.name} is empty")
    return pa.table(columns, schema=schema)


def _by_id(members: Sequence[Any]) -> list[Any]:
    return sorted(members, key=lambda member: member.id)


def _measures(ledger: Ledger, wide: pa.Table) -> pa.Table:
    return _table(
        results.MEASURES,
        [
            {
                "measure": measure.id,
                "payee_id": wide.column("payee_id"),
                "value": wide.column(f"measures/{measure.id}"),
                "lines": wide.column(f"measures/{measure.id}/lines") if measure.is_summed else 0,
                "clause": measure.clause,
            }
            for measure in _by_id(ledger.plan.measures)
        ],
    )


def _attainment(ledger: Ledger, wide: pa.Table) -> pa.Table:
    return _table(
        results.ATTAINMENT,
        [
            {
                "quota": quota.id,
                "payee_id": wide.column("payee_id"),
                "measure": wide.column(
                    name_of(quota.measure, windows.over(ledger.plan, quota.over))
                ),
                "target": wide.column(f"quotas/{quota.id}/target"),
                "attainment": wide.column(f"quotas/{quota.id}/attainment"),
                "clause": quota.clause,
            }
            for quota in _by_id(ledger.plan.quotas)
        ],
    )


def _tiers(ledger: Ledger, wide: pa.Table, tabled: Mapping[str, pa.Table]) -> pa.Table:
    """Tier under tier for each payee; who has no target has no tiers on attainment. Of a table of
    rates there are the rows that took something.
    """
    blocks: list[pa.Table] = []
    for component in _by_id(ledger.plan.components):
        tiers = ledger.tiers.get(component.id, ())
        if component.id in tabled:
            own = {
                name: tabled[component.id].column(name)
                for name in tabled[component.id].schema.names
            }
            clause = f"{component.clause}/rates/table"
            block = own | {"component": component.id, "clause": clause}
            blocks.append(_table(results.TIERS, [block]))
        if not tiers:
            continue
        rows = wide
        if tiers[0].lower is not None:
            rows = wide.filter(pc.is_valid(wide.column(tiers[0].lower)))
        parts = _table(
            results.TIERS,
            [
                {
                    "component": component.id,
                    "payee_id": rows.column("payee_id"),
                    "tier": place,
                    "lower": tier.tier.lower,
                    "upper": tier.tier.upper,
                    "lower_amount": rows.column(tier.lower) if tier.lower else tier.tier.lower,
                    "upper_amount": rows.column(tier.upper) if tier.upper else tier.tier.upper,
                    "base": rows.column(tier.base),
                    "rate": tier.tier.rate,
                    "earned": rows.column(tier.earned),
                    "clause": tier.tier.clause,
                    "key": None,
                }
                for place, tier in enumerate(tiers, start=1)
            ],
        )
        if len(tiers) == 1:
            blocks.append(parts)
            continue
        # Each tier's rows are in the order of the payees: a payee's tiers lie so many rows apart.
        apart = rows.num_rows
        order = array("q", bytes(8 * apart * len(tiers)))
        for first in range(len(tiers)):
            order[first :: len(tiers)] = array("q", range(first * apart, (first + 1) * apart))
        places = pa.Array.from_buffers(pa.int64(), len(order), [None, pa.py_buffer(order)])
        blocks.append(parts.take(places))
    if not blocks:
        return _table(results.TIERS, [])
    return pa.concat_tables(blocks).combine_chunks()


def _earnings(ledger: Ledger, wide: pa.Table) -> pa.Table:
    blocks = []
    for component in _by_id(ledger.plan.components):
        path = f"components/{component.id}"
        block: dict[str, Any] = {
            "component": component.id,
            "payee_id": wide.column("payee_id"),
            "measure": wide.column(ledger.measured[component.id]) if component.measure else None,
            "attainment": wide.column(f"quotas/{component.quota}/attainment")
            if component.quota
            else None,
            "currency": ledger.plan.currency,
            "unit": component.unit,
            "clause": component.clause,
        }
        block |= dict.fromkeys(ADJUSTMENTS, Decimal(0))
        for name in ("computed", *ledger.adjusted.get(component.id, ()), "earned"):
            block[name] = wide.column(f"{path}/{name}")
        blocks.append(block)
    return _table(results.EARNINGS, blocks)


def _unrounded(ledger: Ledger, wide: pa.Table) -> pa.Table:
    """What each component of money earned before any rounding, for payment that rounds once."""
    blocks = [
        {"payee_id": wide.column("payee_id"), "component": name, "earned": wide.column(column)}
        for name, column in ledger.unrounded.items()
    ]
    found = _table(results.UNROUNDED, blocks)
    keys = [(name, "ascending") for name in results.UNROUNDED.grain]
    return found.take(pc.sort_indices(found, sort_keys=keys)).combine_chunks()


def _details(ledger: Ledger, wide: pa.Table) -> pa.Table:
    """The figures that scorecards, pools and contests are explained by, one under the other."""
    blocks = []
    for name in ledger.details:
        _, component, form, *item, figure = name.split("/")
        clause = ledger.plan.component(component).clause
        place = f"scorecard/indicators/{item[0]}" if item else form
        blocks.append(
            {
                "component": component,
                "payee_id": wide.column("payee_id"),
                "item": item[0] if item else form,
                "figure": figure,
                "value": pc.cast(wide.column(name), arrow_type(EXACT)),
                "clause": f"{clause}/{place}",
            }
        )
    found = _table(results.DETAILS, blocks)
    keys = [(name, "ascending") for name in results.DETAILS.grain]
    return found.take(pc.sort_indices(found, sort_keys=keys)).combine_chunks()


def _problems(ledger: Ledger, wide: pa.Table, unpaid: Mapping[str, Sequence[str]]) -> pa.Table:
    """Payees who sold but whose quota is missing or zero, so that nothing can be attained, and
    those who sold what a table of rates has no row for: it is said.
    """
    rows: list[dict[str, str]] = [
        {
            "code": "rate_missing",
            "payee_id": payee,
            "subject": name,
            "clause": f"{ledger.plan.component(name).clause}/rates/table",
        }
        for name, payees in unpaid.items()
        for payee in payees
    ]
    for quota in ledger.plan.quotas:
        target = wide.column(f"quotas/{quota.id}/target")
        if not ledger.plan.measure(quota.measure).is_summed:
            continue
        sold = pc.greater(wide.column(f"measures/{quota.measure}/lines"), 0)
        nothing = pc.and_(sold, pc.is_null(wide.column(f"quotas/{quota.id}/attainment")))
        concerned = wide.filter(nothing)
        missing = pc.is_null(target).filter(nothing)
        rows += [
            {
                "code": "quota_missing" if is_missing.as_py() else "quota_zero",
                "payee_id": payee.as_py(),
                "subject": quota.id,
                "clause": quota.clause,
            }
            for payee, is_missing in zip(concerned.column("payee_id"), missing, strict=True)
        ]
    rows.sort(key=lambda row: (row["code"], row["payee_id"], row["subject"]))
    names = results.PROBLEMS.names
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
