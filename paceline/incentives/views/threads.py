"""Questions on lines: the list, a thread, and the words in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import threads as actions
from paceline.incentives.calculation.trace import line_of_component
from paceline.incentives.explanation import component_name, explain_component
from paceline.incentives.models import LineThread
from paceline.incentives.queries import threads as queries
from paceline.incentives.views.statements import statement_component
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Questions that wait; those answered are one choice away."""
    person = request.person
    shows_all = request.GET.get("show") == "all"
    rows = queries.threads_for(person)
    if not shows_all:
        rows = rows.unresolved()  # type: ignore[attr-defined]
    table = Table(
        request,
        rows=rows,
        name="questions",
        topic="questions",
        order="-last",
        columns=[
            Column(
                "payee",
                _("Payee"),
                "statement.payee.name",
                sort="statement__payee__name",
                search=True,
                link=actions.thread_url,
            ),
            Column("period", _("Period"), lambda row: words.period_name(row.statement.period)),
            Column("about", _("About"), _about, link=actions.thread_url),
            Column("said", _("Comments"), sort="said", kind="number", secondary=True),
            Column("last", _("Last comment"), "last_said_at", sort="last_said_at", kind="moment"),
            Column("state", _("State"), _badge, kind="badge"),
        ],
        filters=[
            Filter(
                "state",
                _("Any state"),
                [("open", pgettext("not settled", "Open")), ("resolved", _("Answered"))],
                lambda found, value: found.filter(resolution__isnull=value == "open"),
            )
        ]
        if shows_all
        else [],
        caption=_("Questions"),
        empty=_("No question waits."),
        empty_hint=_("A payee asks on a line of their released statement."),
    )
    if table.wants_export:
        return table.export()
    chips = [
        (pgettext("not settled", "Open"), request.path, not shows_all),
        (_("All"), f"{request.path}?show=all", shows_all),
    ]
    return page(request, "incentives/threads/index.html", {"table": table, "chips": chips})


def _about(thread: LineThread) -> str:
    return thread.line_id or component_name(thread.component)


def _badge(thread: LineThread) -> Badge:
    if hasattr(thread, "resolution"):
        return Badge(_("Answered"), "good")
    return Badge(pgettext("not settled", "Open"), "warning")


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One question, the line it is about, and what was said."""
    person = request.person
    return _page(request, _thread(person, pk), person)


def _page(
    request: PersonRequest, thread: LineThread, person: Person, *, body: str = "", problem: str = ""
) -> HttpResponse:
    component = thread.component
    context: dict[str, Any] = {
        "thread": thread,
        "statement": thread.statement,
        "period_name": words.period_name(thread.statement.period),
        "component": explain_component(component, thread.statement),
        "lines": line_of_component(component, thread.line_id) if thread.line_id else [],
        "comments": [
            SimpleNamespace(author=one.author, at=one.written_at, text=one.body)
            for one in thread.comments.select_related("author")
        ],
        "is_resolved": hasattr(thread, "resolution"),
        "may_answer": access.may_answer(person, thread),
        "may_resolve": access.may_resolve(person, thread),
        "comment_max": actions.COMMENT_MAX,
        "body": body,
        "problem": problem,
    }
    status = 422 if problem else 200
    return page(request, "incentives/threads/show.html", context, fragment="talk", status=status)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest, pk: int, component_pk: int) -> HttpResponse:
    """Ask about a line, or about the whole component."""
    person = request.person
    component = statement_component(person, pk, component_pk)
    if not access.may_ask(person, component.statement):
        raise PermissionDenied
    values = request.POST if request.method == "POST" else request.GET
    line_id = values.get("line", "")[:160]
    problem = ""
    if request.method == "POST":
        try:
            thread = actions.ask_about_line(
                component=component,
                line_id=line_id,
                body=request.POST.get("body", ""),
                by=person,
                at=timezone.now(),
            )
        except (actions.CommentUnusable, actions.LineNotOnStatement, actions.ThreadFull) as refused:
            problem = _refusal(refused)
        else:
            messages.success(request, _("Your question is on its way to the pay desk."))
            return go_to(request, actions.thread_url(thread))
    context = {
        "statement": component.statement,
        "period_name": words.period_name(component.statement.period),
        "component": explain_component(component, component.statement),
        "line_id": line_id,
        "lines": line_of_component(component, line_id) if line_id else [],
        "body": values.get("body", ""),
        "problem": problem,
        "comment_max": actions.COMMENT_MAX,
    }
    return page(request, "incentives/threads/new.html", context, status=422 if problem else 200)


@require_POST
def comment(request: PersonRequest, pk: int) -> HttpResponse:
    """Say something in a thread; a resolved one opens again."""
    person = request.person
    thread = _thread(person, pk)
    if not access.may_answer(person, thread):
        raise PermissionDenied
    body = request.POST.get("body", "")
    try:
        actions.write_comment(thread=thread, body=body, by=person, at=timezone.now())
    except (actions.CommentUnusable, actions.ThreadFull) as refused:
        return _page(request, thread, person, body=body, problem=_refusal(refused))
    return go_to(request, actions.thread_url(thread))


@require_POST
def resolve(request: PersonRequest, pk: int) -> HttpResponse:
    """The question is answered."""
    person = request.person
    thread = _thread(person, pk)
    if not access.may_resolve(person, thread):
        raise PermissionDenied
    actions.resolve_thread(thread=thread, by=person, at=timezone.now())
    return go_to(request, actions.thread_url(thread))


@require_POST
def reopen(request: PersonRequest, pk: int) -> HttpResponse:
    """The question is not answered after all."""
    person = request.person
    thread = _thread(person, pk)
    if not access.may_resolve(person, thread):
        raise PermissionDenied
    actions.reopen_thread(thread=thread, by=person, at=timezone.now())
    return go_to(request, actions.thread_url(thread))


def _refusal(refused: Exception) -> str:
    if isinstance(refused, actions.LineNotOnStatement):
        return _("This statement has no such line.")
    if isinstance(refused, actions.ThreadFull):
        return _("This thread is full. Ask about the whole component instead.")
    return _("Write between 1 and %(most)s characters.") % {
        "most": formats.number(actions.COMMENT_MAX)
    }


def _thread(person: Person, pk: int) -> LineThread:
    rows = LineThread.objects.visible_to(person).select_related(
        "statement__payee",
        "statement__period",
        "statement__run",
        "component__version__plan",
        "component__statement__run",
        "component__statement__period",
        "component__statement__payee",
        "resolution__resolved_by",
    )
    return get_object_or_404(rows.prefetch_related("component__tiers"), pk=pk)
