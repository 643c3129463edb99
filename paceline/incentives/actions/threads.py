"""Questions on the lines of a statement, and the talk that answers them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from paceline.incentives.calculation.trace import has_line
from paceline.incentives.models import (
    LineComment,
    LineThread,
    StatementComponent,
    ThreadResolution,
)
from paceline.incentives.queries.threads import pay_desk_of
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.notifications.actions import notify
from paceline.org.models import Person

COMMENT_MAX = 4000
COMMENTS_MAX = 200


class LineNotOnStatement(Exception):
    """The component has no such line, so nothing can be asked about it."""


class CommentUnusable(Exception):
    """The comment is empty or longer than ``COMMENT_MAX`` characters."""


class ThreadFull(Exception):
    """The thread holds ``COMMENTS_MAX`` comments; that is no longer a question."""


@transaction.atomic
def ask_about_line(
    *, component: StatementComponent, line_id: str, body: str, by: Person, at: datetime
) -> LineThread:
    """Ask about a line, or about the whole component when ``line_id`` is empty.

    There is one thread for each line: asking again continues it. Raises ``LineNotOnStatement``,
    ``CommentUnusable`` and ``ThreadFull``.
    """
    if line_id and not has_line(component, line_id):
        raise LineNotOnStatement(line_id)
    thread, is_new = LineThread.objects.get_or_create(
        component=component,
        line_id=line_id,
        defaults={"statement": component.statement, "opened_by": by, "opened_at": at},
    )
    if is_new:
        after = {"component": component.component, "line": line_id}
        audit.record("question_asked", subject=component.statement, by=by, at=at, after=after)
    write_comment(thread=thread, body=body, by=by, at=at)
    return thread


@transaction.atomic
def write_comment(*, thread: LineThread, body: str, by: Person, at: datetime) -> LineComment:
    """Add to a thread; a resolved one opens again. The other side is told.

    Raises ``CommentUnusable`` and ``ThreadFull``.
    """
    text = body.strip()
    if not text or len(text) > COMMENT_MAX:
        raise CommentUnusable(len(text))
    thread = _lock(thread)
    if thread.comments.count() >= COMMENTS_MAX:
        raise ThreadFull(thread)
    comment = LineComment.objects.create(thread=thread, author=by, body=text, written_at=at)
    reopened, _rows = ThreadResolution.objects.filter(thread=thread).delete()
    payee = thread.statement.payee
    others = pay_desk_of(thread, on=at.date()) if by.pk == payee.pk else [payee]
    notify(
        recipients=[person for person in others if person.pk != by.pk],
        kind="question_asked" if by.pk == payee.pk else "question_answered",
        params={"who": by.name, "period": thread.statement.period.key},
        url=thread_url(thread),
        at=at,
    )
    after = {"reopened": bool(reopened)}
    audit.record("comment_written", subject=thread.statement, by=by, at=at, after=after)
    _tell(thread, "comment")
    return comment


@transaction.atomic
def resolve_thread(*, thread: LineThread, by: Person, at: datetime) -> ThreadResolution:
    """The question is answered. Resolving twice keeps the first."""
    thread = _lock(thread)
    resolution, is_new = ThreadResolution.objects.get_or_create(
        thread=thread, defaults={"resolved_by": by, "resolved_at": at}
    )
    if is_new:
        audit.record("question_resolved", subject=thread.statement, by=by, at=at)
        _tell(thread, "resolved")
    return resolution


@transaction.atomic
def reopen_thread(*, thread: LineThread, by: Person, at: datetime) -> None:
    """The question is not answered after all."""
    thread = _lock(thread)
    reopened, _rows = ThreadResolution.objects.filter(thread=thread).delete()
    if reopened:
        audit.record("question_reopened", subject=thread.statement, by=by, at=at)
        _tell(thread, "reopened")


def _tell(thread: LineThread, kind: str) -> None:
    """Open pages of the question, of its statement and of all questions look again."""
    publish(f"thread:{thread.pk}", kind, str(thread.pk))
    publish(f"statement:{thread.statement_id}", "question")
    publish("questions", "changed")


def thread_url(thread: LineThread) -> str:
    return reverse("incentives:thread", args=[thread.pk])


def _lock(thread: LineThread) -> LineThread:
    rows = LineThread.objects.select_for_update(of=("self",))
    return rows.select_related("statement__payee", "statement__period").get(pk=thread.pk)
