"""Answers drawn: which chart fits, and the figures beside it."""

from __future__ import annotations

from paceline.insights.charts.drawn import chart_of, rows_of

__all__ = ["chart_of", "rows_of"]
