"""Marks: files of order lines that say which lines have split rows; proven, never trusted.

The text ids of ten million lines cost more to read than everything else that a run reads. Where the
files mark the lines that have split rows, only those are compared with the table of splits. That
finds every split line if it finds as many as the table names, because a line has one id and an id
one line. Where it finds fewer, a mark is missing, and all lines are looked at as if there were
none; a mark too many costs nothing. So marks change what a run costs and never what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.executor import Workspace
from paceline.engine.inputs import read_marked
from paceline.engine.line_files import FileFacts
from paceline.engine.shape import Shape
from paceline.engine.split_rows import SPLIT_IDS, lay_beside, split_lines
from paceline.engine.steps import lines


def put_splits(workspace: Workspace) -> None:
    """Register the split rows and the ids of their lines."""
    inputs = workspace.inputs
    if inputs.split_ids is not None:
        workspace.register("in_credit_splits", inputs.split_rows)
        workspace.register(SPLIT_IDS.name, inputs.split_ids)


def find_split_lines(workspace: Workspace, shape: Shape) -> None:
    """Put the lines that have split rows under `split_lines`."""
    if "credit_splits" in workspace.tables and not marks_tell(workspace, shape):
        take_split_lines(workspace, shape, workspace.inputs.line_files, marked=False)


def may_be_read(workspace: Workspace) -> bool:
    """Whether marked lines can be read into memory, which asks nothing of the database."""
    inputs = workspace.inputs
    is_marked = "credit_splits" in workspace.tables and inputs.marks_splits
    return is_marked and workspace.reads_marked


def read_split_lines(workspace: Workspace, shape: Shape, files: Sequence[FileFacts]) -> pa.Table:
    """The lines of these files that are marked and have split rows: to put them in a table of the
    database takes longer than to read them.
    """
    columns = {"line_id"} | lines.columns_credited(shape)
    rows = read_marked(shape.plan, files, columns)
    return split_lines(rows, workspace.inputs.split_ids)


@dataclass(frozen=True)
class ReadSplits:
    """The marked lines that have split rows, and the split rows laid beside them; None where marks
    do not tell all of the lines.
    """

    lines: pa.Table
    shared: pa.Table | None

    @property
    def is_laid(self) -> bool:
        """Whether they could be laid beside them."""
        return self.shared is not None


def read_splits(workspace: Workspace, shape: Shape) -> ReadSplits:
    """Read them into memory."""
    inputs = workspace.inputs
    rows = read_split_lines(workspace, shape, inputs.line_files)
    tells = rows.num_rows == lines_named(workspace)
    return ReadSplits(rows, lay_beside(rows, inputs.split_rows) if tells else None)


def put_read(workspace: Workspace, shape: Shape, read: ReadSplits) -> None:
    """Register the split rows and what was read of their lines; where a mark is missing, all lines
    are looked at.
    """
    put_splits(workspace)
    if read.shared is None:
        take_split_lines(workspace, shape, workspace.inputs.line_files, marked=False)
    else:
        workspace.register("split_lines", read.lines)
        workspace.register("shared_lines", read.shared)


def marks_tell(workspace: Workspace, shape: Shape) -> bool:
    """Whether the files mark all lines that have split rows, which are then in `split_lines`."""
    if "credit_splits" not in workspace.tables or not workspace.inputs.marks_splits:
        return False
    files, named = workspace.inputs.line_files, lines_named(workspace)
    if may_be_read(workspace):
        rows = read_split_lines(workspace, shape, files)
        if rows.num_rows == named:
            workspace.register("split_lines", rows)
        return bool(rows.num_rows == named)
    take_split_lines(workspace, shape, files, marked=True)
    return _count(workspace, "split_lines") == named


def take_split_lines(
    workspace: Workspace, shape: Shape, files: Sequence[FileFacts], *, marked: bool
) -> None:
    """Look for the lines that have split rows in the view of the lines, which are those of these
    files, or among the marked ones.
    """
    if marked and may_be_read(workspace):
        workspace.register("split_lines", read_split_lines(workspace, shape, files))
        return
    if marked:
        workspace.view_lines(files, marked=True)
    which = f"{shape.plan.hash} {marked}"  # which columns are read is the plan's own
    make = partial(lines.split_lines, shape, marked=marked)
    workspace.create("split_lines", make, variant=which)


def lines_named(workspace: Workspace) -> int:
    """How many lines the table of splits names."""
    ids = workspace.inputs.split_ids
    return 0 if ids is None else int(ids.num_rows)


def _count(workspace: Workspace, name: str) -> int:
    ((count,),) = workspace.rows(f"count of {name}", partial(_rows_of, name))
    return int(count)


def marks_hold(workspace: Workspace, wanted: str, named: int) -> bool:
    """Whether the marked lines, now in the view `in_marked_lines`, are all of the lines that a
    table of split lines names: so many.
    """
    if not workspace.inputs.marks_splits:
        return False
    workspace.view_lines(workspace.inputs.line_files, marked=True)
    ((found,),) = workspace.rows(f"marked {wanted}", partial(_marked, wanted))
    return bool(found == named)


def _marked(wanted: str) -> exp.Select:
    query = c.select({"count": c.count_rows()}).from_(c.source("in_marked_lines", "l"), copy=False)
    return c.join(query, wanted, "w", c.same(["line_id"], "w", "l"), kind="semi")


def _rows_of(name: str) -> exp.Select:
    return c.select({"count": c.count_rows()}).from_(c.source(name), copy=False)
