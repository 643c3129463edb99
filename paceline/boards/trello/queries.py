"""Reading how a project and its board in Trello stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.db.models.functions import Greatest

from paceline.boards.models import Card, Project
from paceline.boards.trello.models import Conflict, Connection, Turned, Twin, TwinKind
from paceline.kernel import jobs

TURNED_DAYS = 30
SHOWN = 100
JOB = "trello.keep_in_step"


def connection_of(project: Project) -> Connection | None:
    """The connection that stands, or None."""
    found: Connection | None = (
        Connection.objects.standing().filter(project=project).select_related("connected_by").first()
    )
    return found


def connection_by_key(key: str) -> Connection | None:
    """The connection with this address. The key is random: looking it up tells nothing."""
    if len(key) > 64:
        return None
    found: Connection | None = Connection.objects.filter(key=key).first()
    return found


def wake(projects: Iterable[int]) -> None:
    """Let what changed in projects be carried to their boards, where they have one."""
    rows = Connection.objects.running().filter(project__in=list(projects))
    for pk in rows.values_list("pk", flat=True):
        jobs.wake(JOB, pk=pk)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection stands: counts, and what is not carried or was changed on both sides."""

    cards: int
    waiting: int
    troubled: list[tuple[Twin, Card | None]]
    gone: list[tuple[Twin, Card | None]]
    conflicts: list[Conflict]
    turned: list[Turned]


def standing(connection: Connection, today: date) -> Standing:
    twins = Twin.objects.filter(connection=connection)
    cards = twins.filter(kind=TwinKind.CARD)
    noted = twins.filter(~Q(trouble="") | Q(kind=TwinKind.CARD, gone_at__isnull=False))
    rows = list(noted.order_by(Greatest("trouble_at", "gone_at").desc())[:SHOWN])
    troubled = [one for one in rows if one.trouble]
    gone = [one for one in rows if one.kind == TwinKind.CARD and one.gone_at is not None]
    ids = {one.local if one.kind == TwinKind.CARD else one.card for one in (*troubled, *gone)}
    known = Card.objects.filter(
        pk__in=[one for one in ids if one is not None], project=connection.project_id
    ).in_bulk()

    def with_card(one: Twin) -> tuple[Twin, Card | None]:
        local = one.local if one.kind == TwinKind.CARD else one.card
        return one, None if local is None else known.get(local)

    since = today - timedelta(days=TURNED_DAYS)
    return Standing(
        cards=cards.filter(gone_at__isnull=True).exclude(key="").count(),
        waiting=connection.messages.filter(taken_at__isnull=True).count(),
        troubled=[with_card(one) for one in troubled],
        gone=[with_card(one) for one in gone],
        conflicts=list(connection.conflicts.all()[:30]),
        turned=list(connection.turned.filter(on__gt=since).order_by("-on", "code")),
    )
