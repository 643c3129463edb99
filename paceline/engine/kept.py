"""Sums of order lines that are kept from run to run, file by file.

Lines lie in files that never change: a month's snapshot. What a plan adds up of such a file stays
the same as long as nothing else changes that the sums are made of, so a run with a `Shelf` reads
only the files that it has not seen. One changed order among ten million then costs the reading of
its month. The sums are exact, so it does not matter which of them were kept: the results are those
of a full run, to the last digit.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import Table
from paceline.engine.executor import Workspace
from paceline.engine.hashing import hash_bytes, hash_text
from paceline.engine.line_files import FileFacts
from paceline.engine.marks import marks_tell, take_split_lines
from paceline.engine.results import ENGINE_VERSION
from paceline.engine.shape import Shape
from paceline.engine.steps import lines
from paceline.engine.steps.days import Days
from paceline.engine.tables import ParquetFiles

Step = tuple[Table, Callable[[], exp.Query]]


class Shelf(Protocol):
    """Keeps tables by name; it may forget any of them at any time."""

    def find(self, name: str) -> pa.Table | None:
        """A kept table."""
        ...

    def keep(self, name: str, rows: pa.Table) -> None:
        """Keep a table."""
        ...


class FolderShelf:
    """Keeps tables as Arrow files in a folder, up to so many bytes; what was used least lately goes
    first. Several runs may use one folder at once.
    """

    def __init__(self, folder: Path, most_bytes: int = 2 * 1024**3) -> None:
        self.folder = folder
        self.most_bytes = most_bytes

    def find(self, name: str) -> pa.Table | None:
        """A kept table; one that cannot be read was never kept."""
        path = self._path(name)
        try:
            with pa.memory_map(str(path)) as file:
                rows = pa.ipc.open_file(file).read_all()
            os.utime(path)
        except (OSError, pa.ArrowInvalid):
            return None
        return rows

    def keep(self, name: str, rows: pa.Table) -> None:
        """Keep a table; it appears whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
                writer.write_table(rows)
            Path(made).replace(self._path(name))
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
        self._make_room()

    def _make_room(self) -> None:
        """Forget what was used least lately until the rest is small enough."""
        used: list[tuple[int, int, Path]] = []
        for path in self.folder.glob("*.arrow"):
            with contextlib.suppress(FileNotFoundError):  # another run made room meanwhile
                found = path.stat()
                used.append((found.st_mtime_ns, found.st_size, path))
        taken = sum(size for _, size, _ in used)
        for _, size, path in sorted(used):
            if taken <= self.most_bytes:
                return
            path.unlink(missing_ok=True)
            taken -= size

    def _path(self, name: str) -> Path:
        folder = self.folder
        return folder / f"{name}.arrow"


def is_shelvable(workspace: Workspace, shape: Shape) -> bool:
    """Whether sums by file say all that a run asks of lines: the files are known by their hashes,
    hold no line twice, and nothing looks at lines one by one.
    """
    given = workspace.tables.sources.get("order_lines")
    return (
        isinstance(given, ParquetFiles)
        and given.grain_checked
        and len(given.hashes) == len(given.paths) == len(workspace.inputs.line_files)
        and not shape.by_line
    )


def sums_of_lines(
    workspace: Workspace, shape: Shape, days: Days, steps: Iterable[Step], shelf: Shelf
) -> Iterable[tuple[Table, Callable[[], exp.Query]]]:
    """The steps that add up lines, over the sums of each file instead of over the lines.

    Files that are not on the shelf are read, each by itself, and their sums are put there.
    """
    steps = list(steps)
    tables = workspace.tables
    given = tables.sources["order_lines"]
    base = _base(workspace, _text_of(shape, days, steps, with_splits="credit_splits" in tables))
    is_marked: bool | None = None  # whether marks tell the split lines: asked when a file is read
    parts: dict[str, list[pa.Table]] = {contract.name: [] for contract, _ in steps}
    for file, digest in zip(workspace.inputs.line_files, given.hashes, strict=True):
        names = {
            contract.name: hash_text(f"{base} {contract.name} {digest}") for contract, _ in steps
        }
        found = {name: shelf.find(kept) for name, kept in names.items()}
        if any(rows is None for rows in found.values()):
            if is_marked is None:
                is_marked = marks_tell(workspace, shape)
            for name, rows in _read(
                workspace, shape, days, steps, file, is_marked=is_marked
            ).items():
                shelf.keep(names[name], rows)
                found[name] = rows
        for name, rows in found.items():
            assert rows is not None  # noqa: S101 -- found or read
            parts[name].append(rows)
    for contract, _ in steps:
        kept = f"kept_{contract.name}"
        workspace.register(kept, pa.concat_tables(parts[contract.name]))
        yield contract, partial(lines.over_files, shape, contract, kept, _names(parts, contract))
    workspace.view_lines(workspace.inputs.line_files)


def _names(parts: Mapping[str, list[pa.Table]], contract: Table) -> list[str]:
    return list(parts[contract.name][0].column_names)


def _read(
    workspace: Workspace,
    shape: Shape,
    days: Days,
    steps: Iterable[Step],
    file: FileFacts,
    *,
    is_marked: bool,
) -> Mapping[str, pa.Table]:
    """The sums of one file."""
    workspace.view_lines([file])
    plan = shape.plan.hash
    if "credit_splits" in workspace.tables:
        take_split_lines(workspace, shape, [file], marked=is_marked)
    return {
        contract.name: workspace.fetch(f"sums of {contract.name} {plan} {days}", make)
        for contract, make in steps
    }


TABLES = ("credit_splits", "owners", "teams")
"""The inputs besides the lines themselves that decide to whom a line goes."""


MAX_TEXTS = 200
_TEXTS: dict[tuple[str, str, bool], str] = {}


def _text_of(shape: Shape, days: Days, steps: Iterable[Step], *, with_splits: bool) -> str:
    """A hash of the queries themselves, so that no engine takes the sums of another one."""
    key = (shape.plan.hash, str(days), with_splits)
    if key not in _TEXTS:
        if len(_TEXTS) >= MAX_TEXTS:
            _TEXTS.clear()
        _TEXTS[key] = hash_text("\n".join(c.render(make()) for _, make in steps))
    return _TEXTS[key]


def _base(workspace: Workspace, text: str) -> str:
    """Everything that the sums of a file are made of but the file."""
    inputs = workspace.inputs
    laid_out = {**inputs.laid_out, **{n: inputs.tables[n] for n in TABLES if n in inputs.tables}}
    return hash_text(
        "\n".join(
            [
                ENGINE_VERSION,
                workspace.plan.hash,
                text,
                *(f"{name}={value}" for name, value in sorted(workspace.parameters.items())),
                *(f"{name} {_content(rows)}" for name, rows in sorted(laid_out.items())),
            ]
        )
    )


def _content(rows: pa.Table) -> str:
    """A hash of a table's rows in their order."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return hash_bytes(memoryview(sink.getvalue()))
