"""Fingerprints: the same inputs have the same hash, whatever machine made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from paceline.engine.tables import ParquetFiles


def hash_text(text: str) -> str:
    """sha256 of the text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_bytes(content: memoryview) -> str:
    """sha256 of bytes in memory, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_file(path: Path) -> str:
    """sha256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(given: ParquetFiles) -> list[str]:
    """sha256 of each file of a table that lies on this machine."""
    return [hash_file(Path(path)) for path in given.paths]


def hash_inputs(
    sources: Mapping[str, pa.Table | ParquetFiles],
    hashes: Callable[[ParquetFiles], list[str]],
    known: Mapping[str, list[str]] = MappingProxyType({}),
) -> dict[str, list[str]]:
    """The hashes of the input files, read by `hashes` unless they are known; a table handed over in
    memory is hashed by its content.
    """
    found: dict[str, list[str]] = {}
    for name, given in sources.items():
        if name in known:
            found[name] = known[name]
        elif isinstance(given, ParquetFiles):
            found[name] = list(given.hashes) or hashes(given)
        else:
            found[name] = [hash_table(given)]
    return found


def hash_table(rows: pa.Table) -> str:
    """A hash of a table's rows that does not depend on their order or on how they are chunked."""
    names = sorted(rows.column_names)
    texts = sorted(repr(tuple(row[name] for name in names)) for row in rows.to_pylist())
    return hash_text("\n".join([repr(names), *texts]))


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(
    *, plan: str, engine_version: str, period: str, inputs: Mapping[str, list[str]]
) -> str:
    """One hash over everything that decides a run's result.

    `plan` is the plan's own hash; `inputs` holds each table's file hashes in the order given.
    """
    return hash_text(
        canonical_json(
            {"plan": plan, "engine": engine_version, "period": period, "inputs": dict(inputs)}
        )
    )
