"""Every change to sequences and to customers who go through them."""

from __future__ import annotations

from paceline.sequences.actions.beginning import (
    AlreadyUnderWay,
    OtherTeam,
    SequenceIsOff,
    begin,
    stop,
)
from paceline.sequences.actions.entering import enter_segments
from paceline.sequences.actions.sequences import (
    NewStep,
    NothingToDo,
    SequenceNameTaken,
    StopUnknown,
    TooManySequences,
    TooManySteps,
    add_sequence,
    change_sequence,
    retire_sequence,
    switch_sequence,
    write_version,
)
from paceline.sequences.actions.starts import (
    START_MAX,
    StartBegun,
    StartUndone,
    TooManyToStart,
    begin_start,
    draft_start,
    run_start,
    undo_start,
)
from paceline.sequences.actions.stopping import end_met, forget
from paceline.sequences.actions.walking import hand_over, walk

__all__ = [
    "START_MAX", "AlreadyUnderWay", "NewStep", "NothingToDo", "OtherTeam", "SequenceIsOff",
    "SequenceNameTaken", "StartBegun", "StartUndone", "StopUnknown", "TooManySequences",
    "TooManySteps", "TooManyToStart", "add_sequence", "begin", "begin_start", "change_sequence",
    "draft_start", "end_met", "enter_segments", "forget", "hand_over", "retire_sequence",
    "run_start", "stop", "switch_sequence", "undo_start", "walk", "write_version",
]  # fmt: skip
