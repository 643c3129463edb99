"""Marks: files of order lines that say which lines have split rows; proven, never trusted.

The text ids of ten million lines cost more to read than everything else that a run reads. Where the
files mark the lines that have split rows, only those are compared with the table of splits. That
finds every split line if it finds as many as the table names, because a line has one id and an id
one line. Where it finds fewer, a mark is missing, and all lines are looked at as if there were
none; a mark too many costs nothing. So marks change what a run costs and never what it says.
"""

from __future__ import annotations

from functools import partial

import pyarrow as pa
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.executor import Workspace
from paceline.engine.shape import Shape
from paceline.engine.split_rows import split_lines
from paceline.engine.steps import lines


def find_split_lines(workspace: Workspace, shape: Shape) -> None:
    """Put the lines that have split rows under `split_lines`."""
    if "credit_splits" in workspace.tables and not marks_tell(workspace, shape):
        take_split_lines(workspace, shape, marked=False)


def marks_tell(workspace: Workspace, shape: Shape) -> bool:
    """Whether the files mark all lines that have split rows, which are then in `split_lines`."""
    if "credit_splits" not in workspace.tables or not workspace.inputs.marks_splits:
        return False
    workspace.view_lines(workspace.inputs.line_files, marked=True)
    rows = _read_marked(workspace, shape)
    if rows is None:
        take_split_lines(workspace, shape, marked=True)
        return _count(workspace, "split_lines") == lines_named(workspace)
    if rows.num_rows != lines_named(workspace):
        return False
    workspace.register("split_lines", rows)
    return True


def _read_marked(workspace: Workspace, shape: Shape) -> pa.Table | None:
    """The marked lines that have split rows, where they are few enough to be held in memory: to put
    them in a table of the database takes longer than to read them.
    """
    rows = workspace.marked_lines({"line_id"} | lines.columns_credited(shape))
    return None if rows is None else split_lines(rows, workspace.inputs.split_ids)


def marks_hold(workspace: Workspace, wanted: str, named: int) -> bool:
    """Whether the marked lines, now in the view `in_marked_lines`, are all of the lines that a
    table of split lines names: so many.
    """
    if not workspace.inputs.marks_splits:
        return False
    workspace.view_lines(workspace.inputs.line_files, marked=True)
    ((found,),) = workspace.rows(f"marked {wanted}", partial(_marked, wanted))
    return bool(found == named)


def take_split_lines(workspace: Workspace, shape: Shape, *, marked: bool) -> None:
    """Look for the lines that have split rows in the view of the lines, or of the marked ones."""
    rows = _read_marked(workspace, shape) if marked else None
    if rows is not None:
        workspace.register("split_lines", rows)
        return
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


def _marked(wanted: str) -> exp.Select:
    query = c.select({"count": c.count_rows()}).from_(c.source("in_marked_lines", "l"), copy=False)
    return c.join(query, wanted, "w", c.same(["line_id"], "w", "l"), kind="semi")


def _rows_of(name: str) -> exp.Select:
    return c.select({"count": c.count_rows()}).from_(c.source(name), copy=False)
