"""Making the files of a month from the snapshot of its order lines."""

from __future__ import annotations

import atexit
import secrets
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import duckdb

from paceline.insights.cubes.shapes import CUSTOMER_KEY, FACTS, SHAPES, facts_of, type_of

# Other columns or another way to sum: another number, and the files are made again.
VERSION = "3"
FORMAT = "FORMAT parquet, COMPRESSION zstd"
# Files that are asked whole, larger but sooner unpacked, in pieces that can be left out.
QUICK = "FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 24576"
# What is asked together lies together: money of one currency, people, their customers.
ORDERS = {
    "days": "day, person",
    "products": "day",
    "customers": "currency, person, customer_key, day",
    "lines": "person, day",
}

_LINES = f"""
CREATE TEMP TABLE lines AS SELECT
    date_trunc('month', ordered_on)::DATE AS month, ordered_on AS day, payee_id AS person, channel,
    territory, currency, category, product, customer, {CUSTOMER_KEY} AS customer_key,
    quantity, amount, cost,
    kind = 'sale' AS is_sale,
    row_number() OVER (PARTITION BY order_id, kind ORDER BY line_id) AS of_order,
    row_number() OVER (PARTITION BY order_id, kind, product ORDER BY line_id) AS of_product,
    row_number() OVER (PARTITION BY order_id, kind, category ORDER BY line_id) AS of_category
FROM read_parquet(?)
"""


def open_database(
    folders: Collection[Path], *, memory: int, threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """An empty database in memory, within limits (MiB), that reaches no file but below these
    folders. Whoever gets it closes it, and then all is gone that was temporary or registered.

    It is a cursor on a database that stays open for whoever asks next: to open one takes longer
    than many an answer.
    """
    allowed = tuple(str(one.resolve()) for one in folders)
    return _kept_database(allowed, memory, threads).cursor()


@lru_cache(maxsize=8)
def _kept_database(
    allowed: tuple[str, ...], memory: int, threads: int
) -> duckdb.DuckDBPyConnection:
    return _open(allowed, memory, threads)


atexit.register(_kept_database.cache_clear)  # while the interpreter can still close them


def _open(allowed: tuple[str, ...], memory: int, threads: int) -> duckdb.DuckDBPyConnection:
    listed = ", ".join("'{}'".format(one.replace("'", "''")) for one in allowed)
    duck = duckdb.connect(":memory:")
    for setting in (
        f"memory_limit = '{int(memory)}MiB'",
        f"threads = {int(threads)}",
        "preserve_insertion_order = false",
        "enable_external_file_cache = false",  # the system caches files, and gives memory back
        "TimeZone = 'UTC'",
        f"allowed_directories = [{listed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        duck.execute(f"SET GLOBAL {setting}")
    return duck


def cube_path(folder: Path, digest: str, shape: str) -> Path:
    """Where the file of a shape lies that was made of the snapshot with this hash."""
    return folder / f"{digest}.{VERSION}.{shape}.parquet"


def is_made(folder: Path, digest: str) -> bool:
    return all(cube_path(folder, digest, shape).is_file() for shape in SHAPES)


def make_cubes(source: Path, digest: str, folder: Path, *, memory: int) -> None:
    """Write every shape of a snapshot; each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # By itself: sources lie in hundreds of folders.
    duck = _open((str(source.parent.resolve()), str(folder.resolve())), memory, 2)
    try:
        duck.execute(_LINES, [str(source.resolve())])
        for shape, columns in SHAPES.items():
            if cube_path(folder, digest, shape).is_file():
                continue
            form = QUICK if shape in {"customers", "lines"} else FORMAT
            draft = folder / f"{secrets.token_hex(8)}.part"
            keys = ", ".join(("month", "day", *columns))
            sums = ", ".join(
                f"CAST(coalesce({FACTS[fact]}, 0) AS {type_of(fact)}) AS {fact}"
                for fact in facts_of(shape)
            )
            try:
                duck.execute(
                    f"COPY (SELECT {keys}, {sums} FROM lines GROUP BY ALL ORDER BY {ORDERS[shape]})"
                    f" TO '{draft.resolve()}' ({form})"
                )
                draft.replace(cube_path(folder, digest, shape))
            finally:
                draft.unlink(missing_ok=True)
    finally:
        duck.close()


def sweep(folder: Path, kept: Collection[str]) -> int:
    """Remove the files of snapshots that no longer count; returns how many."""
    removed = 0
    for file in folder.glob("*.parquet"):
        digest, version, *_rest = file.name.split(".")
        if digest not in kept or version != VERSION:
            file.unlink(missing_ok=True)
            removed += 1
    return removed
