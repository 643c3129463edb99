"""What can go wrong, said so that a person can mend it and a program can translate it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where, and with what values.

    `code` and `params` let the product say it in the reader's language; `message` says it in
    English. `path` is the clause of the plan (`components/commission/rates/tiers/2`) or the input
    table. `line` and `column` count from 1 and are None where there is no text to point into; `row`
    is the row of a file that has no lines, such as Parquet.
    """

    code: str
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    severity: Severity = "error"
    source: str = ""
    row: int | None = None

    def __str__(self) -> str:
        """The message with its place: `plan.yaml:12:5: components/commission: …`. A message that
        begins with the name of its table or clause says it once."""
        row = f" row {self.row}" if self.row else ""
        place = ":".join(str(part) for part in (self.source, self.line, self.column, row) if part)
        first, after = self.message[: len(self.path)], self.message[len(self.path) :][:1]
        path = "" if first == self.path and not (after.isalnum() or after == "_") else self.path
        return ": ".join(part for part in (place, path, self.message) if part)


class EngineError(Exception):
    """Base of everything the engine refuses."""


class _Refused(EngineError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PlanInvalid(_Refused):
    """The plan document cannot be used; `problems` lists every reason found."""


class InputInvalid(_Refused):
    """The input tables cannot be calculated; `problems` lists every reason found."""


class FormulaInvalid(EngineError):
    """A formula does not parse or its types do not fit."""

    def __init__(
        self, code: str, message: str, column: int | None = None, **params: str | int
    ) -> None:
        self.code = code
        self.message = message
        self.column = column
        self.params = params
        super().__init__(message)


class PayeeUnknown(EngineError):
    """The payee has no statement in these results."""


class ResultsDisagree(EngineError):
    """A step broke its own contract or a total is not the sum of its parts: a fault of the
    engine.
    """
