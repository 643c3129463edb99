"""Forms of quotas and entered figures; strategy and goals have modules of their own."""

from __future__ import annotations

from paceline.goals.forms.quotas import (
    FigureGrid,
    FigureKindForm,
    GridChoice,
    QuotaForm,
    initial_of,
)

__all__ = ["FigureGrid", "FigureKindForm", "GridChoice", "QuotaForm", "initial_of"]
