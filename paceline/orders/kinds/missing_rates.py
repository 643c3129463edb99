"""Exchange rates that order lines of a file will need, and that nobody has brought yet."""

from __future__ import annotations

import pyarrow as pa

from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.kinds import Check
from paceline.orders.models import ExchangeRate


def warn_of_missing_rates(check: Check) -> None:
    """A line in another currency than its payee's needs a rate on its day, or the run refuses."""
    employed = staging.rows_of(
        "SELECT person_id, starts_on, ends_before, currency FROM org_employment"
    )
    days = {"starts_on": pa.date32(), "ends_before": pa.date32()}
    table = _columns(employed, person_id=pa.int64(), **days, currency=pa.string())
    check.duck.register("pay_currencies", table)
    wanted = check.duck.execute(
        """
        CREATE OR REPLACE TABLE wanted_rates AS
        SELECT l.currency AS from_currency, p.currency AS to_currency, l.ordered_on AS rate_date,
               min(l.row) AS row, count(*) AS lines
        FROM lines l JOIN pay_currencies p ON p.person_id = l.payee_id
             AND p.starts_on <= l.ordered_on
             AND (p.ends_before IS NULL OR l.ordered_on < p.ends_before)
        WHERE l.currency <> p.currency AND l.currency_code = '' GROUP BY ALL
        """
    )
    (span,) = wanted.execute("SELECT min(rate_date), max(rate_date) FROM wanted_rates").fetchall()
    if span[0] is None:
        return
    known = ExchangeRate.objects.filter(on__range=span).values_list(
        "from_currency", "to_currency", "on"
    )
    check.duck.register(
        "known_rates",
        _columns(list(known.distinct()), a=pa.string(), b=pa.string(), on_date=pa.date32()),
    )
    checking.add_problem(
        check,
        """
        SELECT min(w.row), 'currency', 'rate_missing', json_object(
            'from', w.from_currency, 'to', w.to_currency, 'lines', sum(w.lines),
            'days', count(DISTINCT w.rate_date), 'day', CAST(min(w.rate_date) AS VARCHAR)), 'warning'
        FROM wanted_rates w ANTI JOIN known_rates k
             ON k.on_date = w.rate_date AND ((k.a = w.from_currency AND k.b = w.to_currency)
                                          OR (k.b = w.from_currency AND k.a = w.to_currency))
        GROUP BY w.from_currency, w.to_currency
        """,
    )


def _columns(rows: list[tuple[object, ...]], **types: pa.DataType) -> pa.Table:
    return pa.table(
        {
            name: pa.array([row[index] for row in rows], kind)
            for index, (name, kind) in enumerate(types.items())
        }
    )
