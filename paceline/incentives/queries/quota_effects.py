"""What plans of quotas would have paid, as pages read it."""

from __future__ import annotations

from django.db.models import F, QuerySet

from paceline.goals.planning.models import AgreedQuota, QuotaPlan
from paceline.incentives.models import QuotaEffect, QuotaEffectRow, Run
from paceline.org.models import Person

RUNS_OFFERED = 12


def latest_effect(plan: QuotaPlan) -> QuotaEffect | None:
    """The newest calculation of any version of a plan, under way or not."""
    rows = QuotaEffect.objects.filter(version__plan=plan)
    return rows.select_related("version", "run__period", "progress", "requested_by").first()


def is_outdated(effect: QuotaEffect, newest: int) -> bool:
    """Whether the plan was spread anew, or amounts were agreed, since it was asked for."""
    if effect.version_id != newest:
        return True
    later = AgreedQuota.objects.filter(plan=effect.version.plan_id, said_at__gt=effect.requested_at)
    return later.exists()


def rows_of(effect: QuotaEffect, person: Person) -> QuerySet[QuotaEffectRow]:
    """The rows that a person may read, with the change of what was earned."""
    rows: QuerySet[QuotaEffectRow] = QuotaEffectRow.objects.visible_to(person)
    return (
        rows.filter(effect=effect)
        .select_related("payee", "pay_version__plan")
        .annotate(change=F("earned_would") - F("earned_was"))
    )


def calculated_runs() -> list[Run]:
    """The newest calculated run of each period, the latest period first."""
    rows = (
        Run.objects.filter(computed_at__isnull=False)
        .select_related("period")
        .order_by("-period__starts_on", "period_id", "-number")
    )
    found: dict[int, Run] = {}
    for run in rows[: RUNS_OFFERED * 10]:
        found.setdefault(run.period_id, run)
    return list(found.values())[:RUNS_OFFERED]
