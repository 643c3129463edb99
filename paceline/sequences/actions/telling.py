"""What other systems are told of sequences: who began and who ended, by ids. Part of the actions
that call it; those of one transaction are told together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from paceline.sequences.models import Enrolment
from paceline.webhooks.actions import announce

IDS_MAX = 500


def tell_begun(enrolments: Iterable[Enrolment], at: datetime) -> None:
    """That customers began a sequence."""
    _tell("sequence.begun", enrolments, at)


def tell_ended(enrolments: Iterable[Enrolment], at: datetime, *, why: str) -> None:
    """That a sequence is over with customers, and why."""
    _tell("sequence.ended", enrolments, at, why=why)


def _tell(kind: str, enrolments: Iterable[Enrolment], at: datetime, **more: Any) -> None:
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for one in enrolments:
        groups[one.sequence_id, one.kind].append(getattr(one, f"{one.kind}_id"))
    for (sequence, of), ids in groups.items():
        for start in range(0, len(ids), IDS_MAX):
            part = ids[start : start + IDS_MAX]
            data = {"of": of, "ids": part, "sequence": sequence, **more}
            announce(kind=kind, data=data, at=at)
