"""What plans of quotas would have paid, said beside them; the job in the reader's language."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from paceline.goals.planning.beside import Beside, contribute
from paceline.goals.planning.models import QuotaPlan
from paceline.incentives.actions import quota_effects as actions
from paceline.incentives.pay_words import period_name
from paceline.incentives.queries import quota_effects as queries
from paceline.kernel import formats
from paceline.live.wording import word_failures, word_steps, word_work
from paceline.org.models import Person


def register() -> None:
    """Called once at start."""
    contribute(tell)
    word_work(actions.PROGRESS_KIND, lazy("Calculating what it would have paid"))
    word_steps(actions.PROGRESS_KIND, {"calculating": lazy("Calculating")})
    word_failures(
        actions.PROGRESS_KIND,
        {
            "inputs_refused": lazy("The run's data cannot be calculated with these quotas."),
            "unexpected": lazy("It stopped because of an unexpected error. Ask for it again."),
        },
    )


def tell(reader: Person, plan: QuotaPlan, payee: Person | None) -> list[Beside]:
    """For the whole plan a way to its page; for a part what it would have paid. Two queries."""
    effect = queries.latest_effect(plan)
    if payee is None:
        url = reverse("incentives:quota-effect", args=[plan.pk])
        return [Beside(_("Effect on pay"), url, "cash")]
    if effect is None or effect.calculated_at is None:
        return []
    name = period_name(effect.run.period)
    text = _("%(plan)s would have paid %(would)s instead of %(was)s for %(period)s.")
    return [
        Beside(
            text
            % {
                "period": name,
                "plan": row.pay_version.name,
                "would": formats.money(row.earned_would, row.currency),
                "was": formats.money(row.earned_was, row.currency),
            }
        )
        for row in queries.rows_of(effect, reader).filter(payee=payee)
    ]
