"""What a statement says about pay below zero: its own, and what was deducted for earlier ones."""

from __future__ import annotations

from django.utils.translation import gettext as _

from paceline.incentives import pay_words
from paceline.incentives.models import ShortfallEnding, ShortfallTreatment, Statement
from paceline.incentives.queries.payroll import recoveries_of
from paceline.kernel import formats


def sentences_about(statement: Statement) -> list[str]:
    """One sentence for what was decided, and one for each deduction, once payroll has them.

    One query for a statement that was handed to payroll, none for any other.
    """
    release = getattr(statement, "release", None)
    entry = getattr(release, "payroll_entry", None)
    if release is None or entry is None:
        return []
    found = []
    shortfall = getattr(release, "shortfall", None)
    if shortfall is not None:
        carried = shortfall.treatment == ShortfallTreatment.CARRY
        text = (
            _("%(amount)s was left below zero and is deducted from later pay: %(reason)s")
            if carried
            else _("%(amount)s was left below zero and is collected: %(reason)s")
        )
        amount = formats.money(shortfall.amount, release.currency)
        found.append(text % {"amount": amount, "reason": shortfall.reason})
        closure = getattr(shortfall, "closure", None)
        if closure is not None:
            text = (
                _("%(amount)s of it was written off: %(reason)s")
                if closure.ending == ShortfallEnding.WRITTEN_OFF
                else _("%(amount)s of it was collected outside payroll: %(reason)s")
            )
            amount = formats.money(closure.amount, release.currency)
            found.append(text % {"amount": amount, "reason": closure.reason})
    for row in recoveries_of(entry):
        earlier = row.shortfall.release
        found.append(
            _("%(amount)s was deducted for what %(period)s left below zero.")
            % {
                "amount": formats.money(row.amount, earlier.currency),
                "period": pay_words.period_name(earlier.period),
            }
        )
    return found
