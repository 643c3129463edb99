"""What the engine's commands say in a shell, in the reader's language: the words are those of the
pages that show the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from paceline.incentives import pay_words, settled_words
from paceline.incentives.calculation.documents import Finding, Plan, Problem
from paceline.incentives.finding_words import plain_findings
from paceline.incentives.problems import problem_sentence
from paceline.kernel import formats

SAID: dict[str, str | Promise] = {
    "plan_fine": lazy("%(plan)s: the plan can be used."),
    "mend": pgettext_lazy("in a shell", "mend: %(text)s"),
    "people": pgettext_lazy("in a shell", "people: %(names)s"),
    "evidence": pgettext_lazy("in a shell", "evidence: %(studies)s (docs/linter.md)"),
    "counts": lazy(
        "%(serious)s serious, %(warning)s warnings, %(note)s notes, %(unseen)s not looked at"
    ),
    "conserved": lazy(
        "%(currency)s: imported %(imported)s, credited %(credited)s, excluded %(excluded)s"
    ),
    "statements": lazy("%(count)s statements, fingerprint %(fingerprint)s"),
    "settled": lazy("%(payments)s payments, %(balances)s balances, fingerprint %(fingerprint)s"),
    "files": lazy("%(count)s files in %(folder)s"),
    "no_folder": lazy("%(folder)s: there is no such folder"),
    "no_file": lazy("%(path)s: there is no such file"),
    "not_utf8": lazy("%(path)s: this is not UTF-8"),
    "period_unknown": lazy(
        "'%(period)s' is no period; write 2020, 2020H1, 2020Q2, 2020-06 or, of weeks, 2020-02-02W13"
    ),
    "weeks_unknown": lazy(
        "'%(period)s': %(weeks)s weeks are no period of a year of weeks; the nearest has "
        "%(nearest)s. Months have 4, 5 or 6, quarters 13 or 14, half-years 26 or 27, years 52 or 53"
    ),
}

# What mends a cell that cannot be read; see `engine.remedies`.
FAULTS_OF_CELLS = frozenset({"number", "day", "truth"})
CELL = lazy("Correct the value, or empty it where it is not needed.")

# What is wrong with a cell of a CSV, which no page ever reads: see `engine.csv_faults`.
FAULTS: dict[str, str | Promise] = {
    "not_utf8": lazy("this is not UTF-8; save the file as CSV in UTF-8"),
    "not_csv": lazy("this is not CSV; close every quote"),
    "line_too_long": lazy(
        "this line does not end within a million characters; end lines, close quotes"
    ),
    "file_empty": lazy("the file is empty; its first line names the columns"),
    "fields": lazy(
        "this row has %(found)s fields, the header has %(expected)s; "
        "put texts with commas into double quotes"
    ),
    "number": lazy(
        "%(column)s: '%(value)s' is no number with at most %(whole)s digits, a point and"
        " %(places)s digits"
    ),
    "day": lazy("%(column)s: '%(value)s' is no day of the years 1 to 9999; write it as 2026-11-11"),
    "truth": lazy("%(column)s: '%(value)s' is no true or false"),
}


class Translated:
    """The voice that is lent to the commands, in the language that was activated."""

    def said(self, name: str, **values: object) -> str:
        return str(SAID[name]) % formats.with_counts(values)

    def plan_problem(self, problem: Problem) -> str:
        return str(replace(problem, message=problem_sentence(problem)))

    def input_problem(self, problem: Problem, plan: str, *, is_settling: bool) -> str:
        fault = str(problem.params.get("fault", ""))
        if fault:
            return str(
                replace(problem, message=str(FAULTS[fault]) % formats.with_counts(problem.params))
            )
        words = settled_words if is_settling else pay_words
        text = words.problem_text(problem.code, {"plan": plan, **problem.params})
        # What the pages never meet, such as a cell of a file of the shell's, has no words there.
        return str(problem if text == problem.code else replace(problem, message=text))

    def mend(self, problem: Problem, *, is_settling: bool) -> str:  # noqa: ARG002 - one for both
        fault = problem.params.get("fault")
        if fault is not None:
            return str(CELL) if fault in FAULTS_OF_CELLS else ""
        return str(pay_words.REMEDIES.get(problem.code, ""))

    def code(self, code: str, subject: str, *, is_settling: bool) -> str:
        if is_settling:
            return settled_words.note_text(code, subject)
        return pay_words.problem_text(code, {"subject": subject})

    def findings(self, plan: Plan, findings: Iterable[Finding]) -> Iterator[tuple[str, list[str]]]:
        findings = list(findings)
        told = plain_findings(plan, findings)
        seen = (one for one in findings if one.severity != "unseen")
        for one, plain in zip(seen, told.found, strict=True):
            below = []
            if one.people:
                below.append(self.said("people", names=_(", ").join(one.people)))
            if plain.mend:
                below.append(self.said("mend", text=plain.mend))
            if plain.studies:
                studies = _(", ").join(study.cite or str(study.found) for study in plain.studies)
                below.append(self.said("evidence", studies=studies))
            values = {"severity": plain.badge.text, "clause": one.clause, "text": plain.text}
            yield _("%(severity)s: %(clause)s: %(text)s") % values, below
        for text in told.unseen:
            yield text, []
