"""When each customer bought, and when they had before: files from which customers are counted.

A row is a day on which a customer bought from a person through a channel, in a territory and a
currency. It knows the day of the customer's first order of all, and the day of the row before it:
of the customer whatsoever, and of the customer with the same person, channel, territory or
currency. So whoever counts different customers takes the rows before which none lies in the same
days, and needs no set of millions of customers.

A row depends on all months before its own, so a file is named after the snapshots of its month and
of every month before it, and is made of the month's own rows and of the files before.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from paceline.insights.cubes.making import FORMAT, cube_path, open_database

SHAPE = "visits"
# What a customer is counted within, besides all of it; each has the column ``before_<name>``.
WITHIN = ("person", "channel", "territory", "currency")

_PARTS = ", ".join(WITHIN)
_BEFORE = ", ".join(
    f"lag(day) OVER (PARTITION BY c, {name} ORDER BY day, n) AS before_{name}" for name in WITHIN
)
_OWN = f"""
SELECT month, day, {_PARTS}, customer_key AS c, NULL::DATE AS first, row_number() OVER () AS n
FROM read_parquet(?) WHERE orders > 0 AND customer_key IS NOT NULL
"""
# Of earlier months the last day of each kind is enough.
_EARLIER = f"""
SELECT NULL::DATE AS month, max(day) AS day, {_PARTS}, c, min(first) AS first, 0 AS n
FROM read_parquet(?) SEMI JOIN own USING (c) GROUP BY ALL
"""
_VISITS = f"""
COPY (
    SELECT month, day, {_PARTS}, c, first, before,
        {", ".join(f"before_{name}" for name in WITHIN)}
    FROM (SELECT * REPLACE (min(coalesce(first, day)) OVER (PARTITION BY c) AS first),
            lag(day) OVER (PARTITION BY c ORDER BY day, n) AS before, {_BEFORE}
          FROM visits)
    WHERE month IS NOT NULL ORDER BY day, person
) TO '{{path}}' ({FORMAT})
"""


def chain(digests: Mapping[date, str]) -> dict[date, str]:
    """By month, the name of the snapshots of it and of every month before it."""
    found, name = {}, ""
    for month, digest in sorted(digests.items()):
        name = hashlib.sha256(f"{name} {month} {digest}".encode()).hexdigest()
        found[month] = name
    return found


def visit_files(folder: Path, digests: Mapping[date, str]) -> dict[date, Path]:
    """By month, where its visits lie or would lie."""
    return {
        month: cube_path(folder, name, SHAPE).resolve() for month, name in chain(digests).items()
    }


def months_without_visits(folder: Path, digests: Mapping[date, str]) -> list[date]:
    """The months whose visits were not made yet."""
    return [month for month, path in visit_files(folder, digests).items() if not path.is_file()]


def make_visits(folder: Path, digests: Mapping[date, str], *, memory: int) -> None:
    """Make what is not there yet, month after month; each file appears whole or not at all.

    The months' other files must have been made.
    """
    files = visit_files(folder, digests)
    earlier: list[str] = []
    for month, path in files.items():
        if not path.is_file():
            _make_month(folder, digests[month], path, earlier, memory)
        earlier.append(str(path))


def _make_month(folder: Path, digest: str, path: Path, earlier: list[str], memory: int) -> None:
    draft = (folder / f"{secrets.token_hex(8)}.part").resolve()
    duck = open_database([folder], memory=memory)
    try:
        source = cube_path(folder, digest, "customers").resolve()
        duck.execute(f"CREATE TEMP TABLE own AS {_OWN}", [str(source)])
        duck.execute("CREATE TEMP TABLE visits AS FROM own")
        if earlier:
            duck.execute(f"INSERT INTO visits {_EARLIER}", [earlier])
        duck.execute(_VISITS.format(path=draft))
        draft.replace(path)
    finally:
        duck.close()
        draft.unlink(missing_ok=True)
