"""Putting dashboards together, sharing them, and having them mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from paceline.insights.actions.questions import NameMissing
from paceline.insights.due import next_time
from paceline.insights.models import Cadence, Dashboard, Mailing, SavedQuestion, Sharing, Tile
from paceline.kernel import audit, findable
from paceline.org.models import Person, Team

TILES_MAX = 12


class NoTiles(Exception):
    """A dashboard shows at least one chart."""


class TooManyTiles(Exception):
    """A dashboard shows at most ``TILES_MAX`` charts."""


@dataclass(frozen=True, slots=True)
class Put:
    """What stands in a place: a chart of the catalogue or a kept question."""

    chart: str = ""
    question: SavedQuestion | None = None
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """All that a dashboard is."""

    name: str
    tiles: Sequence[Put]
    sharing: Sharing = Sharing.OWN
    team: Team | None = None
    role: str = ""
    only_team: str = ""
    span: str = ""


@transaction.atomic
def keep_dashboard(
    *, layout: Layout, by: Person, at: datetime, dashboard: Dashboard | None = None
) -> Dashboard:
    """Keep a new dashboard, or change one.

    Raises ``NameMissing``, ``NoTiles`` and ``TooManyTiles``.
    """
    if not layout.name.strip():
        raise NameMissing
    if not layout.tiles:
        raise NoTiles
    if len(layout.tiles) > TILES_MAX:
        raise TooManyTiles
    if dashboard is None:
        kept = Dashboard(owner=by, made_at=at)
    else:
        kept = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    kept.name = layout.name.strip()
    kept.sharing = layout.sharing
    kept.team = layout.team if layout.sharing == Sharing.TEAM else None
    kept.role = layout.role if layout.sharing == Sharing.ROLE else ""
    kept.only_team, kept.span, kept.changed_at = layout.only_team, layout.span, at
    kept.save()
    kept.tiles.all().delete()
    Tile.objects.bulk_create(
        Tile(dashboard=kept, rank=rank, chart=one.chart, question=one.question, is_wide=one.is_wide)
        for rank, one in enumerate(layout.tiles)
    )
    act = "dashboard_made" if dashboard is None else "dashboard_changed"
    audit.record(act, subject=kept, by=by, at=at, after={"sharing": layout.sharing})
    findable.changed("dashboard", [kept.pk])
    return kept


@transaction.atomic
def put_away_dashboard(*, dashboard: Dashboard, by: Person, at: datetime) -> None:
    """Nobody finds it any more, and it is mailed to nobody."""
    kept: Dashboard = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    if kept.removed_at is not None:
        return
    kept.removed_at = kept.changed_at = at
    kept.save(update_fields=["removed_at", "changed_at"])
    kept.mailings.filter(stopped_at__isnull=True).update(stopped_at=at)
    audit.record("dashboard_removed", subject=kept, by=by, at=at)
    findable.changed("dashboard", [kept.pk])


@transaction.atomic
def take_over_dashboard(*, dashboard: Dashboard, by: Person, at: datetime) -> Dashboard:
    """Whoever takes over what somebody left is its owner, with its mails."""
    kept: Dashboard = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    before = kept.owner
    kept.owner, kept.changed_at = by, at
    kept.save(update_fields=["owner", "changed_at"])
    audit.record(
        "dashboard_taken_over", subject=kept, by=by, at=at, before={"owner": before.number},
        after={"owner": by.number},
    )  # fmt: skip
    findable.changed("dashboard", [kept.pk])
    return kept


@dataclass(frozen=True, slots=True)
class Times:
    """When a dashboard is mailed: the hour is of the recipient's zone."""

    cadence: Cadence
    weekday: int = 0
    hour: int = 8


@transaction.atomic
def mail_dashboard(
    *,
    dashboard: Dashboard,
    recipient: Person,
    times: Times,
    site: str,
    by: Person,
    at: datetime,
) -> Mailing:
    """Mail a dashboard to somebody from now on; asked again the times change."""
    mailing = Mailing.objects.filter(
        dashboard=dashboard, recipient=recipient, stopped_at__isnull=True
    ).first() or Mailing(dashboard=dashboard, recipient=recipient)
    mailing.cadence, mailing.weekday, mailing.hour = times.cadence, times.weekday, times.hour
    mailing.site, mailing.asked_by, mailing.asked_at = site, by, at
    zone = getattr(recipient.user, "time_zone", "UTC")
    mailing.next_at = next_time(times.cadence, times.weekday, times.hour, zone, at)
    mailing.save()
    audit.record("dashboard_mailed", subject=dashboard, by=by, at=at,
                 after={"recipient": recipient.number, "cadence": times.cadence})  # fmt: skip
    return mailing


@transaction.atomic
def stop_mailing(*, mailing: Mailing, by: Person, at: datetime) -> None:
    """The recipient is sent it no more."""
    if mailing.stopped_at is None:
        mailing.stopped_at = at
        mailing.save(update_fields=["stopped_at"])
        audit.record(
            "dashboard_mail_stopped", subject=mailing.dashboard, by=by, at=at,
            after={"recipient": mailing.recipient.number},
        )  # fmt: skip


@transaction.atomic
def take_due(*, at: datetime, most: int = 50) -> list[Mailing]:
    """Mailings whose time has come, each moved to its next time before it is sent: a mail that
    cannot be delivered is not sent twice."""
    due = list(
        Mailing.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(stopped_at__isnull=True, next_at__lte=at)
        .select_related("dashboard", "recipient__user")
        .order_by("next_at")[:most]
    )
    for one in due:
        zone = getattr(one.recipient.user, "time_zone", "UTC")
        one.next_at = next_time(one.cadence, one.weekday, one.hour, zone, at)
        one.save(update_fields=["next_at"])
    return due
