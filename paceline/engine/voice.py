"""How the engine's commands speak: in English, unless the product lends them another voice.

The engine knows no catalogues. `paceline.cli` puts a function into `voices` that gives a voice for
a language; without it, and for English, this one speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol

from paceline.engine.errors import Problem
from paceline.engine.lint.findings import Finding
from paceline.engine.lint.messages import MENDS, STUDIES
from paceline.engine.plan.model import Plan
from paceline.engine.remedies import mend_of

# What the commands say besides problems and findings.
SAID = {
    "plan_fine": "%(plan)s: the plan can be used.",
    "mend": "mend: %(text)s",
    "people": "people: %(names)s",
    "evidence": "evidence: %(studies)s (docs/linter.md)",
    "counts": (
        "%(serious)s serious, %(warning)s warnings, %(note)s notes, %(unseen)s not looked at"
    ),
    "conserved": (
        "%(currency)s: imported %(imported)s, credited %(credited)s, excluded %(excluded)s"
    ),
    "statements": "%(count)s statements, fingerprint %(fingerprint)s",
    "settled": "%(payments)s payments, %(balances)s balances, fingerprint %(fingerprint)s",
    "files": "%(count)s files in %(folder)s",
    "no_folder": "%(folder)s: there is no such folder",
    "no_file": "%(path)s: there is no such file",
    "not_utf8": "%(path)s: this is not UTF-8",
    "period_unknown": (
        "'%(period)s' is no period; write 2020, 2020H1, 2020Q2, 2020-06 or, of weeks, 2020-02-02W13"
    ),
    "weeks_unknown": (
        "'%(period)s': %(weeks)s weeks are no period of a year of weeks; the nearest has "
        "%(nearest)s. Months have 4, 5 or 6, quarters 13 or 14, half-years 26 or 27, years 52 or 53"
    ),
}


class Language(StrEnum):
    """The languages of messages."""

    ENGLISH = "en"
    TRADITIONAL_CHINESE = "zh-hant"
    SIMPLIFIED_CHINESE = "zh-hans"


class Voice(Protocol):
    """What the commands ask to be worded."""

    def said(self, name: str, **values: object) -> str:
        """A sentence of ``SAID``."""

    def plan_problem(self, problem: Problem) -> str:
        """What is wrong with a plan's text, and where."""

    def input_problem(self, problem: Problem, plan: str, *, is_settling: bool) -> str:
        """Why a table was refused, and where."""

    def mend(self, problem: Problem, *, is_settling: bool) -> str:
        """What mends a refused table; nothing where there is nothing to say."""

    def code(self, code: str, subject: str, *, is_settling: bool) -> str:
        """A problem of one payee's pay, or a note of a settlement."""

    def findings(self, plan: Plan, findings: Iterable[Finding]) -> Iterator[tuple[str, list[str]]]:
        """Each finding as a line, and the lines below it."""


class English:
    """The engine's own words."""

    def said(self, name: str, **values: object) -> str:
        return SAID[name] % values

    def plan_problem(self, problem: Problem) -> str:
        return str(problem)

    def input_problem(self, problem: Problem, plan: str, *, is_settling: bool) -> str:  # noqa: ARG002
        return str(problem)

    def mend(self, problem: Problem, *, is_settling: bool) -> str:  # noqa: ARG002
        return mend_of(problem)

    def code(self, code: str, subject: str, *, is_settling: bool) -> str:
        return f"{code} {subject}" if is_settling else code

    def findings(self, plan: Plan, findings: Iterable[Finding]) -> Iterator[tuple[str, list[str]]]:  # noqa: ARG002
        for one in findings:
            below = []
            if one.people:
                below.append(self.said("people", names=", ".join(one.people)))
            if one.mend is not None:
                below.append(self.said("mend", text=MENDS[one.mend.code]))
            studies = [STUDIES[key] for key in one.evidence]
            if studies:
                below.append(self.said("evidence", studies="; ".join(studies)))
            yield f"{one.severity}: {one.clause}: {one.message}", below


class Voices:
    """Which voice speaks a language."""

    lent: Callable[[Language], Voice] | None = None

    def of(self, language: Language | None, environment: Mapping[str, str]) -> Voice:
        """The voice of a language; without one, of the environment's."""
        chosen = language or language_of(environment)
        if self.lent is None or chosen is Language.ENGLISH:
            return English()
        return self.lent(chosen)


voices = Voices()


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that a shell is set to, as POSIX reads it: `LC_ALL` before `LC_MESSAGES` before
    `LANG`. `zh_TW.UTF-8`, `zh_HK` and `zh_Hant` are traditional Chinese, other `zh` simplified."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    language, *places = (
        told.partition(".")[0].partition("@")[0].lower().replace("-", "_").split("_")
    )
    if language != "zh":
        return Language.ENGLISH
    if {"tw", "hk", "mo", "hant"} & set(places):
        return Language.TRADITIONAL_CHINESE
    return Language.SIMPLIFIED_CHINESE
