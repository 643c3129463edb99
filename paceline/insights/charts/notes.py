"""What must be said beside figures: what was left out, withheld, or is being brought up."""

from __future__ import annotations

from django.utils.translation import gettext as _

from paceline.insights.queries.answers import Answer
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.sales import shows_all


def notes_of(desk: Desk, found: Answer) -> list[str]:
    notes = [
        _("%(count)d rows in %(currency)s are left out: no exchange rate into %(target)s is known.")
        % {"count": count, "currency": currency, "target": found.currency}
        for currency, count in sorted(found.left_out.items())
    ]
    if found.withheld:
        notes.append(
            _("Groups of fewer than five payees are withheld, so that nobody's pay can be told.")
        )
    told = {"count": len({row.key for row in found.rows})}
    if found.rest is not None:
        told["others"] = found.rest.count
        notes.append(
            _("One by one the %(count)d largest; %(others)d others together. The file has all.")
            % told
            if found.rest.values
            else _("The %(count)d largest only; the file has the %(others)d others too.") % told
        )
    elif found.question.split == "customer" and not shows_all(
        found.question, {(row.bucket, row.key): {} for row in found.rows}
    ):
        notes.append(_("The %(count)d largest customers; the figure above is of all.") % told)
    if desk.shelf.behind:
        notes.append(_("Some months changed a moment ago; their figures are being brought up."))
    return notes
