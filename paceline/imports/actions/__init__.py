"""Every step of a file on its way into the product."""

from __future__ import annotations

from paceline.imports.actions.batches import Batch, import_records
from paceline.imports.actions.commits import (
    AlreadyCommitted,
    NotChecked,
    abandon,
    commit,
    request_commit,
    run_commit,
)
from paceline.imports.actions.files import (
    ChangedSincePreview,
    LayoutFixed,
    check,
    discard,
    request_check,
    run_check,
    set_layout,
    set_mapping,
    upload,
)
from paceline.imports.actions.forgetting import forget_files, forget_old_files
from paceline.imports.actions.undoing import AlreadyUndone, request_undo, run_undo, undo
from paceline.imports.actions.whole_files import ImportRefused, import_file

__all__ = [
    "AlreadyCommitted",
    "AlreadyUndone",
    "Batch",
    "ChangedSincePreview",
    "ImportRefused",
    "LayoutFixed",
    "NotChecked",
    "abandon",
    "check",
    "commit",
    "discard",
    "forget_files",
    "forget_old_files",
    "import_file",
    "import_records",
    "request_check",
    "request_commit",
    "request_undo",
    "run_check",
    "run_commit",
    "run_undo",
    "set_layout",
    "set_mapping",
    "undo",
    "upload",
]
