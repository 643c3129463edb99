"""How much it says when two records share a key, in hundredths; together at most a hundred."""

from __future__ import annotations

from collections.abc import Iterable

WEIGHTS = {"registration": 70, "mail": 60, "chat": 60, "phone": 50, "number": 45, "name": 45,
           "website": 40, "company": 25}  # fmt: skip
# A person's name alone is weak: many are called alike.
PERSON_NAME = 30
SCORE_MIN = 40
# A key that more records than this share says nothing of any two: a switchboard, a placeholder.
SHARED_MAX = 25


def weights(kind: str) -> dict[str, int]:
    """What each shared key counts between records of a kind."""
    return {**WEIGHTS, **({} if kind == "company" else {"name": PERSON_NAME})}


def score(kind: str, reasons: Iterable[str]) -> int:
    counted = weights(kind)
    return min(100, sum(counted[one] for one in set(reasons)))
