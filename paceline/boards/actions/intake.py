"""Bringing a board from an export of another product: whole, in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation

from paceline.boards.actions import brought, projects, recording
from paceline.boards.intake import teambition, trello
from paceline.boards.intake.brought import Brought, NotSuchAFile
from paceline.boards.models import BoardIntake, IntakeKind
from paceline.files.actions import store_file
from paceline.files.queries import path_of
from paceline.kernel import audit, jobs
from paceline.live import actions as live
from paceline.notifications.actions import notify
from paceline.org.models import Person

STRANGERS_KEPT = 500
JOB = "boards.bring_in"
PROGRESS_KIND = "board_intake"


@transaction.atomic
def request_intake(
    *, kind: IntakeKind, file: IO[bytes], name: str, facts: Mapping[str, Any], by: Person,
    at: datetime,
) -> BoardIntake:  # fmt: skip
    """Keep an export and queue its reading. ``facts`` are those of a project, by ids.

    Raises ``files.actions.FileTooLarge``.
    """
    stored = store_file(file, name=name, media_type="application/octet-stream", by=by, at=at)
    told = {key: recording.told(value) for key, value in facts.items()}
    told["language"] = translation.get_language()
    made = BoardIntake.objects.create(
        kind=kind,
        file=stored,
        file_name=name[:200],
        facts=told,
        requested_by=by,
        requested_at=at,
        progress=live.start_progress(kind=PROGRESS_KIND, by=by, at=at),
    )
    audit.record("board_intake_requested", subject=made, by=by, at=at, after={"kind": kind})
    jobs.enqueue(JOB, intake_id=made.pk)
    return made


def bring_in(*, intake: BoardIntake, at: datetime) -> None:
    """Read a queued export and write its project; does nothing when it has ended already."""
    if intake.ended_at is not None or intake.progress is None:
        return
    path = path_of(intake.file)
    zone = ZoneInfo(intake.facts["time_zone"])
    try:
        live.advance(intake.progress, done=0, step="reading")
        content = _read(intake, path, zone)
        live.advance(intake.progress, done=0, total=len(content.cards), step="writing")
        _keep(intake, content, at)
    except NotSuchAFile as refused:
        _refuse(intake, {"code": refused.code, **refused.params}, at)
    except recording.TooMany as refused:
        _refuse(intake, {"code": f"too_many_{refused.what}", "most": refused.most}, at)
    except live.Cancelled:
        _end(intake, "stopped", at)


def _read(intake: BoardIntake, path: Path, zone: ZoneInfo) -> Brought:
    if intake.kind == IntakeKind.TEAMBITION:
        return teambition.read(path, zone)
    if path.stat().st_size > trello.BYTES_MAX:
        raise NotSuchAFile("file_too_large", most=trello.BYTES_MAX // 1024**2)
    return trello.read(path.read_bytes(), zone)


@transaction.atomic
def _keep(intake: BoardIntake, content: Brought, at: datetime) -> None:
    if BoardIntake.objects.select_for_update().get(pk=intake.pk).ended_at is not None:
        return
    desk = brought.write(intake, content, at)
    intake.project = desk.project
    intake.counts = dict(desk.counts)
    intake.left = {code: count for code, count in sorted(desk.left.items()) if count}
    intake.strangers = sorted(
        {one.name or one.address for one, person in desk.people.items() if person is None}
    )[:STRANGERS_KEPT]
    by = intake.requested_by
    audit.record("board_brought", subject=desk.project, by=by, at=at, after=dict(intake.counts))
    projects.announce(desk.project)
    _end(intake, "done", at)


@transaction.atomic
def _refuse(intake: BoardIntake, failure: Mapping[str, Any], at: datetime) -> None:
    intake.failure = dict(failure)
    _end(intake, "failed", at)


@transaction.atomic
def end_broken(*, intake: BoardIntake, at: datetime) -> None:
    """End an intake that an unexpected error stopped; nothing of it was kept."""
    intake.failure = {"code": "unexpected"}
    _end(intake, "failed", at)


def _end(intake: BoardIntake, how: str, at: datetime) -> None:
    if intake.progress is None:
        return
    if how == "done":
        live.finish(intake.progress, at=at)
    elif how == "stopped":
        live.stop(intake.progress, at=at)
    else:
        live.fail(intake.progress, code="intake_refused", at=at)
    intake.ended_at = at
    intake.save(update_fields=["ended_at", "project", "counts", "left", "strangers", "failure"])
    live.publish("projects", "brought", str(intake.pk))
    notify(
        recipients=[intake.requested_by],
        kind="board_brought" if intake.project_id else "board_not_brought",
        params={"file": intake.file_name},
        url=f"/boards/intakes/{intake.pk}",
        at=at,
    )
