"""Writing strategy: each change is a version that stays, and people talk about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from paceline.goals.actions.agreements import NothingSaid
from paceline.goals.actions.figures import ReasonMissing
from paceline.goals.models import StrategyComment, StrategyPage, StrategyVersion
from paceline.kernel import audit, findable
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Person, Team


class StrategyChangedMeanwhile(Exception):
    """Somebody else wrote a version since ``seen``; ``version`` is theirs."""

    def __init__(self, version: StrategyVersion) -> None:
        super().__init__(str(version))
        self.version = version


class StrategyUnchanged(Exception):
    """The newest version says this already."""


@dataclass(frozen=True, slots=True)
class StrategyText:
    """What a page says: where one stands in the market, for whom, by which ways, and what not."""

    title: str
    positioning: str
    customers: str = ""
    channels: str = ""
    not_doing: str = ""


@transaction.atomic
def add_strategy(
    *, team: Team | None, text: StrategyText, by: Person | None, at: datetime
) -> StrategyPage:
    """A new page of the company, or of a team."""
    page: StrategyPage = StrategyPage.objects.create(
        team=team, title=text.title.strip(), created_by=by, created_at=at
    )
    StrategyVersion.objects.create(page=page, number=1, by=by, at=at, **asdict(text))
    audit.record("strategy_added", subject=page, by=by, at=at, after={"title": text.title})
    _announce(page, "added")
    return page


@transaction.atomic
def write_strategy(
    *, page: StrategyPage, text: StrategyText, seen: int, reason: str, by: Person, at: datetime
) -> StrategyVersion:
    """Write the next version. Raises ``StrategyChangedMeanwhile``, ``StrategyUnchanged`` and
    ``ReasonMissing``."""
    found: StrategyPage = StrategyPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    newest = StrategyVersion.objects.select_related("by").get(page=found, number=found.current)
    if seen != found.current:
        raise StrategyChangedMeanwhile(newest)
    if all(getattr(newest, name) == value for name, value in asdict(text).items()):
        raise StrategyUnchanged(found)
    if not reason.strip():
        raise ReasonMissing(found)
    version: StrategyVersion = StrategyVersion.objects.create(
        page=found, number=found.current + 1, reason=reason.strip(), by=by, at=at, **asdict(text)
    )
    found.current, found.title = version.number, text.title.strip()
    found.save(update_fields=["current", "title"])
    audit.record(
        "strategy_written", subject=found, by=by, at=at, after={"version": version.number},
        reason=reason,
    )  # fmt: skip
    _announce(found, "written")
    return version


@transaction.atomic
def comment_on_strategy(
    *, page: StrategyPage, text: str, by: Person, at: datetime
) -> StrategyComment:
    """Say something about a page; who wrote it is told. Raises ``NothingSaid``."""
    if not text.strip():
        raise NothingSaid
    comment: StrategyComment = StrategyComment.objects.create(
        page=page, author=by, text=text.strip()[:5000], at=at
    )
    audit.record("strategy_commented", subject=page, by=by, at=at, after={"comment": comment.pk})
    publish_all(["strategies", f"strategy:{page.pk}"], "commented", str(page.pk))
    writers = StrategyVersion.objects.filter(page=page).order_by().values("by")
    told = Person.objects.filter(pk__in=writers).exclude(pk=by.pk)
    notify(
        recipients=told, kind="strategy_commented", params={"who": by.name, "page": page.title},
        url=reverse("goals:strategy", args=[page.pk]), at=at,
    )  # fmt: skip
    return comment


@transaction.atomic
def archive_strategy(*, page: StrategyPage, back: bool = False, by: Person, at: datetime) -> None:
    """Put a page away, or bring it back; goals that hang from it keep their link."""
    found: StrategyPage = StrategyPage.objects.select_for_update(of=("self",)).get(pk=page.pk)
    if (found.archived_at is None) == back:
        return
    found.archived_at = None if back else at
    found.save(update_fields=["archived_at"])
    audit.record("strategy_restored" if back else "strategy_archived", subject=found, by=by, at=at)
    _announce(found, "archived")


def _announce(page: StrategyPage, kind: str) -> None:
    findable.changed("strategy", [page.pk])
    publish_all(["strategies", f"strategy:{page.pk}"], kind, str(page.pk))
