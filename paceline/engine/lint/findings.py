"""What the linter says: findings, how grave they are, and the edit that would mend one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from paceline.engine.hashing import canonical_json, hash_text

Severity = Literal["serious", "warning", "note", "unseen"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note", "unseen")


@dataclass(frozen=True)
class Edit:
    """One change of the document: `value` written at `clause`, or the clause taken out (None)."""

    clause: str
    value: str | tuple[str, ...] | None


@dataclass(frozen=True)
class Mend:
    """A change of the plan after which the finding is gone. `code` names it for wording."""

    code: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """One thing about a plan that somebody should decide on with open eyes.

    `serious` ones are mended or accepted with a reason; `unseen` ones say what could not be looked
    at, and why. `amounts` are exact; `people` are payee ids, known from history only. `evidence`
    are keys of the studies behind it. `basis` holds what of the plan causes it, so that `key`
    stays the same when only the history changes.
    """

    code: str
    severity: Severity
    clause: str
    message: str
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    params: Mapping[str, str | int] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    mend: Mend | None = None
    basis: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the finding is known by: the same code, place and cause give the same key."""
        return hash_text(canonical_json([self.code, self.clause, list(self.basis)]))[:32]
