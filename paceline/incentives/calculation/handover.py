"""A period on its way to payroll: what of it, and of periods before it, stands in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q

from paceline.incentives.calculation.settling import (
    fetch_versions,
    settles,
    versions_of,
    versions_to_settle,
)
from paceline.incentives.models import (
    PayPeriod,
    PayrollEntry,
    PlanVersion,
    Release,
    Run,
    SettledPlan,
    Settlement,
)
from paceline.incentives.queries.settlements import (
    chain_in,
    is_stood_on,
    links_of,
    stood_on,
    with_standing,
)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A run that can be settled and paid no more: a later period was handed to payroll without it.

    ``instead`` is the run of the same period that the later one goes on from, if there is one.
    """

    instead: Run | None


def passed_over(run: Run) -> PassedOver | None:
    """Whether a later period that was handed to payroll keeps the run from being paid."""
    plans = {version.plan_id for version in versions_to_settle(run)}
    if not plans:
        return None
    return _passed_over(run, plans, links_of(plans))


def _passed_over(run: Run, plans: set[int], links: Mapping[int, SettledPlan]) -> PassedOver | None:
    found = stood_on(links, run.period, plans)
    if found is None:
        return None
    own = [one.settlement for one in links.values() if one.settlement.run_id == run.pk]
    computed = [one for one in own if one.computed_at is not None]
    last = max(computed, key=lambda one: one.number, default=None)
    if last is not None and any(one.settlement_id == last.pk for one in found):
        return None
    others = (one.settlement.run for one in found if one.settlement.run_id != run.pk)
    return PassedOver(next(others, None))


class Handover:
    """What would be handed over of a period, asked what stands in its way.

    Each fact is read once for all questions and all runs: at most five queries, and one more for
    each run that was never settled.
    """

    def __init__(self, period: PayPeriod, releases: Iterable[Release]) -> None:
        self.period = period
        runs = {release.statement.run_id: release.statement.run for release in releases}
        self.runs = [runs[pk] for pk in sorted(runs)]
        self._waiting, self._was_begun = self._read()
        fetch_versions((*self.runs, *self._waiting))
        self._to_settle: dict[int, list[PlanVersion]] = {}

    def unsettled(self) -> list[Run]:
        """Runs of the releases that are to be settled and are not, or no longer as things stand."""
        return [run for run in self.runs if not self._is_settled(run)]

    def left_behind(self) -> list[Run]:
        """Runs of earlier periods with released pay that is still to be settled.

        Once a later period is handed over whose plans settle, the earlier ones can be settled no
        more. Nothing is left behind by a period of which something was handed over already.
        """
        if not self._begins:
            return []
        return [run for run in self._waiting if not self._is_settled(run)]

    def built_on_others(self) -> list[Run]:
        """Runs of earlier periods with released pay where this period goes on from another run.

        Handed over after this period, what such a run pays and what is carried on would come from
        two different calculations. Once it was handed over, settling this period again goes on
        from it.
        """
        if not self._begins:
            return []
        settled = [run for run in self._waiting if self._last(run) is not None]
        if not settled:
            return []
        bases: dict[int, set[int]] = defaultdict(set)
        for run in self.runs:
            for own in self._plans_of(self._last(run)):
                for link in chain_in(self._links, own)[:-1]:
                    bases[link.settlement.run.period_id].add(link.settlement.run_id)
        return [
            run for run in settled if bases[run.period_id] and run.pk not in bases[run.period_id]
        ]

    def never_settled(self) -> list[PayPeriod]:
        """Earlier periods of the same plans that were calculated and never settled.

        Nothing of them is released, so nothing forbids to hand this period over; after that they
        can be settled and paid no more.
        """
        plans = {
            version.plan_id for run in self.runs for version in versions_of(run) if settles(version)
        }
        if not plans or self._was_begun:
            return []
        rows = PayPeriod.objects.filter(
            starts_on__lt=self.period.starts_on,
            runs__computed_at__isnull=False,
            runs__run_plans__version__plan__in=plans,
        ).exclude(runs__settlements__computed_at__isnull=False)
        return list(
            rows.exclude(releases__payroll_entry__isnull=False).distinct().order_by("starts_on")
        )

    def passed_over(self, run: Run) -> PassedOver | None:
        """Whether a later period that was handed to payroll keeps one of the runs from being
        paid.
        """
        plans = {version.plan_id for version in self._versions_to_settle(run)}
        links = self._links if plans <= self._plans else links_of(plans)
        return _passed_over(run, plans, links) if plans else None

    # --- facts ------------------------------------------------------------------------------------

    @cached_property
    def _begins(self) -> bool:
        """Whether any of the runs is to be settled, and nothing of them was handed over yet."""
        return any(map(self._has_to_settle, self.runs)) and not self._was_begun

    def _has_to_settle(self, run: Run) -> bool:
        return any(map(settles, versions_of(run))) or bool(self._versions_to_settle(run))

    def _versions_to_settle(self, run: Run) -> list[PlanVersion]:
        if run.pk not in self._to_settle:
            self._to_settle[run.pk] = versions_to_settle(run)
        return self._to_settle[run.pk]

    def _read(self) -> tuple[list[Run], bool]:
        """Runs of earlier periods with released pay that payroll does not have, the oldest first;
        and whether something of the runs themselves was handed over.
        """
        own = {run.pk for run in self.runs}
        waiting = Release.objects.filter(
            statement__run=OuterRef("pk"),
            payroll_entry__isnull=True,
            period__starts_on__lt=self.period.starts_on,
        )
        handed = PayrollEntry.objects.filter(release__statement__run=OuterRef("pk"))
        rows = (
            Run.objects.filter(Q(pk__in=own) | Exists(waiting))
            .annotate(was_begun=Exists(handed))
            .select_related("period")
            .defer("checks")
            .order_by("period__starts_on", "pk")
        )
        known = list(rows)
        begun = any(run.was_begun for run in known if run.pk in own)  # type: ignore[attr-defined]
        return [run for run in known if run.pk not in own], begun

    @cached_property
    def _settlements(self) -> Mapping[int, list[Settlement]]:
        """By run, the latest first, each with how it stands."""
        found: dict[int, list[Settlement]] = defaultdict(list)
        runs = {run.pk for run in (*self.runs, *self._waiting)}
        rows = with_standing(Settlement.objects.filter(run__in=runs)).select_related("run__period")
        for one in rows.defer("run__checks").order_by("-number"):
            found[one.run_id].append(one)
        return found

    @cached_property
    def _plans(self) -> set[int]:
        """The plans that the runs settle, and that they settled last."""
        runs = (*self.runs, *self._waiting)
        return {version.plan_id for run in runs for version in versions_of(run)}

    @cached_property
    def _links(self) -> Mapping[int, SettledPlan]:
        own = [one.pk for run in self._settlements.values() for one in run]
        return links_of(self._plans, settlements=own)

    def _last(self, run: Run) -> Settlement | None:
        """The settlement by which a run is paid."""
        rows = self._settlements[run.pk]
        return next((one for one in rows if one.computed_at is not None), None)

    def _plans_of(self, settlement: Settlement | None) -> list[SettledPlan]:
        if settlement is None:
            return []
        return [one for one in self._links.values() if one.settlement_id == settlement.pk]

    def _is_settled(self, run: Run) -> bool:
        rows = self._settlements[run.pk]
        if not rows:
            return not self._has_to_settle(run)
        last = self._last(run)
        if last is None or any(one.ended_at is None for one in rows):
            return False
        return not last.has_moved or is_stood_on(self._links, last)  # type: ignore[attr-defined]
