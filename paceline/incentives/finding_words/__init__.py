"""What the linter found, in the reader's language: a heading, what happens, why it matters.

The engine gives codes and exact figures; here they become sentences. Names of people appear only
where the reader may see their statements, else only how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext

from paceline.incentives import wording
from paceline.incentives.calculation.documents import Finding, Plan
from paceline.incentives.evidence import Study, studies
from paceline.incentives.finding_words import curves, kinds, rate_rows
from paceline.incentives.finding_words.figures import Figures, figures_of
from paceline.incentives.finding_words.titles import ADVICE, CHECKS, MENDS, REASONS, TITLES
from paceline.incentives.models import FindingAcceptance
from paceline.kernel.formats import listed
from paceline.kernel.shell import Badge

NAMES_SHOWN = 12
_BELOW = {"cliff", "bonus_cliff", "pay_falls", "round_boundary", "rates_cliff", "rates_fall"}


@dataclass(frozen=True, slots=True)
class PlainFinding:
    """A finding as a page shows it. ``accepted`` says who let it be and why."""

    key: str
    code: str
    badge: Badge
    title: str
    text: str
    where: str
    advice: str
    people: str
    names: str
    more_names: int
    studies: tuple[Study, ...]
    mend: str
    accepted: FindingAcceptance | None
    alike: int
    is_open: bool

    @property
    def anchor(self) -> str:
        return f"finding-{self.key}"


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found about a text, and what could not be looked at."""

    found: tuple[PlainFinding, ...]
    unseen: tuple[str, ...]

    @property
    def open_serious(self) -> int:
        """Serious findings that are neither mended nor accepted: they keep it from submission."""
        return sum(one.is_open for one in self.found)


def plain_findings(
    plan: Plan,
    findings: Iterable[Finding],
    accepted: Iterable[FindingAcceptance] = (),
    names: Mapping[str, str] | None = None,
) -> Findings:
    """Every finding in words; ``names`` are those of the people whom the reader may see."""
    findings = list(findings)
    taken = {row.key: row for row in accepted}
    seen = [one for one in findings if one.severity != "unseen"]
    return Findings(
        tuple(_plain(plan, one, seen, taken, names or {}) for one in seen),
        tuple(dict.fromkeys(_unseen(plan, one) for one in findings if one.severity == "unseen")),
    )


def title_of(code: str) -> str:
    """What findings of a kind are called."""
    return str(TITLES.get(code, code))


def _plain(
    plan: Plan,
    one: Finding,
    among: list[Finding],
    taken: Mapping[str, FindingAcceptance],
    names: Mapping[str, str],
) -> PlainFinding:
    figures = figures_of(plan, one)
    shown = sorted(names[payee] for payee in one.people if payee in names)
    alike = [
        other
        for other in among
        if other.key != one.key
        and other.key not in taken
        and (other.code, other.params.get("component")) == (one.code, one.params.get("component"))
    ]
    row = taken.get(one.key)
    return PlainFinding(
        key=one.key,
        code=one.code,
        badge=_badge(one, row),
        title=title_of(one.code),
        text=_sentence(one, figures),
        where=wording.sentence_with_days(plan, one.clause),
        advice=str(ADVICE.get(one.code, "")) if one.mend is None else "",
        people=_people(one),
        names=listed(shown[:NAMES_SHOWN]),
        more_names=max(0, len(shown) - NAMES_SHOWN),
        studies=tuple(studies(one.evidence)),
        mend=str(MENDS.get(one.mend.code, "")) if one.mend is not None else "",
        accepted=row,
        alike=len(alike),
        is_open=one.severity == "serious" and row is None,
    )


def _badge(one: Finding, row: FindingAcceptance | None) -> Badge:
    if row is not None:
        return Badge(_("Accepted"), "good")
    return {
        "serious": Badge(_("Serious"), "bad"),
        "warning": Badge(_("Worth a thought"), "warning"),
    }.get(one.severity, Badge(_("Note"), "info"))


def _sentence(one: Finding, figures: Figures) -> str:
    """What happens; a kind without words of its own is told in the engine's English."""
    make = {**curves.TEXTS, **kinds.TEXTS, **rate_rows.TEXTS}.get(one.code)
    if make is not None:
        return make(one, figures)
    text = {**curves.SENTENCES, **kinds.SENTENCES}.get(one.code)
    return one.message if text is None else str(text) % figures


def _people(one: Finding) -> str:
    count = len(one.people)
    if not count:
        return ""
    if one.code in _BELOW:
        text = ngettext(
            "%(count)s person has ended within one order below it:",
            "%(count)s people have ended within one order below it:",
            count,
        )
    elif one.code == "cap_in_reach":
        text = ngettext("It held %(count)s person back:", "It held %(count)s people back:", count)
    else:
        text = ngettext("It concerns %(count)s person:", "It concerns %(count)s people:", count)
    return text % {"count": count}


def _unseen(plan: Plan, one: Finding) -> str:
    check = CHECKS.get(str(one.params.get("check")), lazy("One check"))
    reason = REASONS.get(str(one.params.get("reason")), lazy("this cannot be known here"))
    of = ""
    if "component" in one.params:
        of = wording.component_name(plan, str(one.params["component"]))
    elif "quota" in one.params:
        of = wording.named(plan.quota(str(one.params["quota"])))
    values = {"check": str(check), "reason": str(reason), "of": of}
    if of:
        return pgettext("not looked at", "%(check)s (%(of)s): %(reason)s.") % values
    return pgettext("not looked at", "%(check)s: %(reason)s.") % values
