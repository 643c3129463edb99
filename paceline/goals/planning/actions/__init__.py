"""Planning quotas: spread, propose, agree, submit, approve."""

from __future__ import annotations

from paceline.goals.planning.actions.amounts import (
    agree,
    agree_rest,
    ask_for_proposals,
    lock_agreed,
    propose,
    undo_agreed,
    write_agreed,
)
from paceline.goals.planning.actions.refusals import (
    NameTaken,
    NobodyAsked,
    NotAsked,
    NothingToSubmit,
    NotSubmitted,
    OwnWork,
    PotentialUnknown,
    VersionClosed,
)
from paceline.goals.planning.actions.steps import approve, return_plan, submit
from paceline.goals.planning.actions.versions import NewPlan, NewVersion, draw_version, make_plan

__all__ = [
    "NameTaken",
    "NewPlan",
    "NewVersion",
    "NobodyAsked",
    "NotAsked",
    "NotSubmitted",
    "NothingToSubmit",
    "OwnWork",
    "PotentialUnknown",
    "VersionClosed",
    "agree",
    "agree_rest",
    "approve",
    "ask_for_proposals",
    "draw_version",
    "lock_agreed",
    "make_plan",
    "propose",
    "return_plan",
    "submit",
    "undo_agreed",
    "write_agreed",
]
