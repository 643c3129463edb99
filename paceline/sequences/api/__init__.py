"""Sequences, the customers who go through them, and beginning with many, for programs."""

from __future__ import annotations

from paceline.sequences.api import enrolments, sequences, starts
from paceline.sequences.api.shared import AREA, router

__all__ = ["AREA", "enrolments", "router", "sequences", "starts"]
