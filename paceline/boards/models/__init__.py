"""Projects, lists and cards, and what people and the product do with them."""

from __future__ import annotations

from paceline.boards.models.cards import (
    TEXT_MAX,
    Batch,
    Card,
    CardChange,
    Checklist,
    ChecklistItem,
    Dependency,
    Labelling,
    Participant,
)
from paceline.boards.models.intake import BoardIntake, IntakeKind
from paceline.boards.models.pastes import Paste
from paceline.boards.models.projects import (
    CardField,
    CardList,
    Colour,
    Label,
    Member,
    Project,
    Reach,
    Right,
    open_to,
)
from paceline.boards.models.routines import (
    Feed,
    Recurrence,
    Rule,
    RuleRun,
    Trigger,
    Unit,
)
from paceline.boards.models.talk import (
    LINKED,
    Attachment,
    CardLink,
    Comment,
    CommentMention,
    FileVersion,
    TimeEntry,
)
from paceline.boards.models.views import KeptView, ViewKind

__all__ = [
    "LINKED",
    "TEXT_MAX",
    "Attachment",
    "Batch",
    "BoardIntake",
    "Card",
    "CardChange",
    "CardField",
    "CardLink",
    "CardList",
    "Checklist",
    "ChecklistItem",
    "Colour",
    "Comment",
    "CommentMention",
    "Dependency",
    "Feed",
    "FileVersion",
    "IntakeKind",
    "KeptView",
    "Label",
    "Labelling",
    "Member",
    "Participant",
    "Paste",
    "Project",
    "Reach",
    "Recurrence",
    "Right",
    "Rule",
    "RuleRun",
    "TimeEntry",
    "Trigger",
    "Unit",
    "ViewKind",
    "open_to",
]
