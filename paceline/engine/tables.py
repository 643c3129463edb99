"""The tables that go in: their contracts, and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paceline.engine.columns import (
    BOOLEAN,
    DATE,
    EXACT,
    EXCHANGE,
    MONEY,
    RATE,
    SHARE,
    STORED,
    TEXT,
    Kind,
    Table,
    table,
)
from paceline.engine.formula.tree import Type

ORDER_LINES = table(
    "order_lines",
    "line_id",
    {
        "line_id": TEXT,
        "order_id": TEXT,
        "ordered_on": DATE,
        "payee_id": TEXT,
        "customer": TEXT,
        "product": TEXT,
        "category": TEXT,
        "channel": TEXT,
        "territory": TEXT,
        "kind": TEXT,
        "quantity": STORED,
        "amount": STORED,
        "cost": STORED,
        "currency": TEXT,
        "returns_line_id": TEXT,
        "invoiced_on": DATE,
        "shipped_on": DATE,
        "paid_on": DATE,
        "final_on": DATE,
        "sold_on": DATE,
    },
    nullable="order_id payee_id customer product category channel territory quantity cost "
    "returns_line_id invoiced_on shipped_on paid_on final_on sold_on",
)
CREDIT_SPLITS = table(
    "credit_splits",
    "line_id payee_id is_overlay",
    {"line_id": TEXT, "payee_id": TEXT, "share": SHARE, "is_overlay": BOOLEAN},
)
PAYEES = table(
    "payees",
    "payee_id",
    {"payee_id": TEXT, "name": TEXT, "starts_on": DATE, "ends_before": DATE, "currency": TEXT},
    nullable="name ends_before currency",
)
ASSIGNMENTS = table(
    "assignments",
    "plan payee_id starts_on",
    {"plan": TEXT, "payee_id": TEXT, "starts_on": DATE, "ends_before": DATE},
    nullable="ends_before",
)
REPORTING = table(
    "reporting",
    "payee_id starts_on",
    {"payee_id": TEXT, "manager_id": TEXT, "starts_on": DATE, "ends_before": DATE},
    nullable="ends_before",
)
HIERARCHIES = table(
    "hierarchies",
    "hierarchy payee_id starts_on",
    {
        "hierarchy": TEXT,
        "payee_id": TEXT,
        "manager_id": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
    },
    nullable="ends_before",
)
QUOTAS = table(
    "quotas",
    "quota payee_id starts_on",
    {
        "quota": TEXT,
        "payee_id": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
        "amount": STORED,
        "currency": TEXT,
    },
    nullable="currency",
)
FIGURES = table(
    "figures",
    "figure payee_id on_date",
    {"figure": TEXT, "payee_id": TEXT, "on_date": DATE, "value": EXCHANGE},
)
TEAMS = table(
    "teams",
    "payee_id starts_on",
    {"team": TEXT, "payee_id": TEXT, "starts_on": DATE, "ends_before": DATE},
    nullable="ends_before",
)
LEAVES = table(
    "leaves",
    "payee_id starts_on",
    {"payee_id": TEXT, "starts_on": DATE, "ends_before": DATE},
    nullable="ends_before",
)
OWNERS = table(
    "owners",
    "kind key payee_id starts_on",
    {
        "kind": TEXT,
        "key": TEXT,
        "payee_id": TEXT,
        "share": SHARE,
        "starts_on": DATE,
        "ends_before": DATE,
    },
    nullable="ends_before",
)
COALITIONS = table(
    "coalitions",
    "pool team members starts_on",
    {
        "pool": TEXT,
        "team": TEXT,
        "members": TEXT,
        "value": STORED,
        "starts_on": DATE,
        "ends_before": DATE,
    },
    nullable="ends_before",
)
EXCHANGE_RATES = table(
    "exchange_rates",
    "from_currency to_currency on_date rate_type",
    {
        "from_currency": TEXT,
        "to_currency": TEXT,
        "on_date": DATE,
        "rate_type": TEXT,
        "rate": EXCHANGE,
    },
)

# The columns by which the tables of rates of a plan are asked stand beside these.
RATE_TABLES = table(
    "rate_tables",
    "rate_table starts_on from",
    {
        "rate_table": TEXT,
        "starts_on": DATE,
        "ends_before": DATE,
        "from": EXACT,
        "to": EXACT,
        "rate": RATE,
        "amount": MONEY,
        "currency": TEXT,
    },
    nullable="starts_on ends_before to rate amount currency",
)

INPUTS: dict[str, Table] = {
    contract.name: contract
    for contract in (
        ORDER_LINES,
        CREDIT_SPLITS,
        PAYEES,
        ASSIGNMENTS,
        REPORTING,
        HIERARCHIES,
        QUOTAS,
        FIGURES,
        TEAMS,
        OWNERS,
        LEAVES,
        COALITIONS,
        RATE_TABLES,
        EXCHANGE_RATES,
    )
}
REQUIRED = ("order_lines", "assignments")
# Columns that a file may leave out altogether; they then read as empty.
OPTIONAL_COLUMNS: dict[str, tuple[str, ...]] = {
    "order_lines": (
        "order_id",
        "customer",
        "product",
        "category",
        "channel",
        "territory",
        "quantity",
        "cost",
        "returns_line_id",
        "invoiced_on",
        "shipped_on",
        "paid_on",
        "final_on",
        "sold_on",
    ),
    "payees": ("name", "ends_before", "currency"),
    "assignments": ("ends_before",),
    "reporting": ("ends_before",),
    "hierarchies": ("ends_before",),
    "quotas": ("currency",),
    "teams": ("ends_before",),
    "owners": ("ends_before",),
    "leaves": ("ends_before",),
    "coalitions": ("ends_before",),
    "rate_tables": ("starts_on", "ends_before", "to", "rate", "amount", "currency"),
}

LINE_ATTRIBUTES: dict[str, Type] = {
    "order_id": "text",
    "ordered_on": "date",
    "customer": "text",
    "product": "text",
    "category": "text",
    "channel": "text",
    "territory": "text",
    "kind": "text",
    "quantity": "quantity",
    "amount": "money",
    "cost": "money",
    "currency": "text",
}
ATTRIBUTE_KINDS: dict[Type, Kind] = {
    "text": TEXT,
    "date": DATE,
    "boolean": BOOLEAN,
    "money": STORED,
    "quantity": STORED,
    "percent": EXCHANGE,
}


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files that together are one table.

    A path is local, or an address such as `s3a://bucket/lines/` or `hdfs://name/lines/`, a file or
    a folder of files, which only Spark can read.
    `hashes` are their sha256 sums when the caller knows them already (a stored snapshot does); they
    then need not be read again. `grain_checked` says that whoever wrote the files has made sure
    that no two rows share the table's grain, as a database with a unique constraint does.
    """

    paths: tuple[Path | str, ...]
    hashes: tuple[str, ...] = ()
    grain_checked: bool = False


Source = ParquetFiles | Any  # Any: a pyarrow.Table


class Tables:
    """The inputs of one run: for each table name a pyarrow.Table, a Parquet path, or several
    paths.
    """

    def __init__(self, sources: Mapping[str, object]) -> None:
        unknown = sorted(set(sources) - set(INPUTS))
        if unknown:
            raise ValueError(f"unknown tables {', '.join(unknown)}; known: {', '.join(INPUTS)}")
        self.sources: dict[str, Source] = {
            name: _source(value) for name, value in sorted(sources.items()) if value is not None
        }

    def paths(self) -> list[Path | str]:
        """Every file that the run may read, and nothing else."""
        return [
            path
            for source in self.sources.values()
            if isinstance(source, ParquetFiles)
            for path in source.paths
        ]

    def __contains__(self, name: str) -> bool:
        return name in self.sources


def is_address(path: Path | str) -> bool:
    """Whether a path names a file system, as s3a:// and hdfs:// do."""
    return isinstance(path, str) and "://" in path


def _source(value: object) -> Source:
    if isinstance(value, str | Path):
        return ParquetFiles((_path(value),))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ParquetFiles(tuple(_path(path) for path in _paths(value)))
    return value


def _path(path: Path | str) -> Path | str:
    return path if is_address(path) else Path(path)


def _paths(value: Iterable[object]) -> list[str | Path]:
    paths = [path for path in value if isinstance(path, str | Path)]
    if len(paths) != len(list(value)):
        raise TypeError("a table is given as a pyarrow.Table, a path or a list of paths")
    return paths
