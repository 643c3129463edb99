"""Records from files: compared with those that are known, written set by set, and taken back."""

from __future__ import annotations

from paceline.crm.actions.intake.comparison import compare
from paceline.crm.actions.intake.shapes import COMPANY, CONTACT, DEAL, LEAD, Shape
from paceline.crm.actions.intake.undoing import undo
from paceline.crm.actions.intake.writing import lock, write

__all__ = ["COMPANY", "CONTACT", "DEAL", "LEAD", "Shape", "compare", "lock", "undo", "write"]
