"""Sequences, their versions and steps, and the customers who go through them."""

from __future__ import annotations

from paceline.sequences.models.enrolments import (
    RECORDS,
    Cause,
    Ended,
    Enrolment,
    Line,
    Member,
    Start,
    What,
    Why,
)
from paceline.sequences.models.sequences import (
    STEPS_MAX,
    Act,
    Counting,
    Kind,
    Sequence,
    Step,
    Stop,
    Version,
    Whom,
)

__all__ = [
    "RECORDS", "STEPS_MAX", "Act", "Cause", "Counting", "Ended", "Enrolment", "Kind", "Line",
    "Member", "Sequence", "Start", "Step", "Stop", "Version", "What", "Whom", "Why",
]  # fmt: skip
