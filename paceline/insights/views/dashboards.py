"""Dashboards: of a role, of one's own, shared; and each chart on a page of its own."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.insights import access, actions
from paceline.insights.actions.dashboards import Layout, NoTiles, Put, Times, TooManyTiles
from paceline.insights.asked import NotAsked, days_asked
from paceline.insights.charts.catalogue import CHARTS, DEFAULTS, draw
from paceline.insights.charts.frame import Drawn, Frame
from paceline.insights.charts.tiles import begun, default_begun, forbidden, frame_of, tile_of
from paceline.insights.dimensions import SPANS
from paceline.insights.forms.dashboards import FrameForm, LayoutForm, MailForm
from paceline.insights.forms.reviews import NoteForm
from paceline.insights.models import Dashboard, Mailing, Tile
from paceline.insights.queries.answers import MeasureForbidden
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.notes import notes_beside
from paceline.insights.views.explorer import desk_for
from paceline.kernel import sheets
from paceline.kernel.money import CURRENCIES
from paceline.kernel.pages import go_to, page, wants_fragment
from paceline.org.models import Employment, Role, Team
from paceline.org.requests import PersonRequest

TABS_MAX = 20


def frame_for(request: PersonRequest, usual: Frame | None = None) -> Frame:
    """Whose figures and which days the address asks for; what it does not say is as usual."""
    asked, base = request.GET, usual or Frame()
    known, span = base.span_name, base.span
    if "span" in asked or "from" in asked:
        known = asked.get("span", "days")
        try:
            span = days_asked(asked, request.today) if known in SPANS else None
        except NotAsked:
            span = None
        known = known if span else ""
    currency = asked.get("in", "")
    return Frame(
        team=asked.get("team", base.team)[:60],
        person=asked.get("person", "")[:40],
        currency=currency if currency in CURRENCIES else "",
        span=span,
        span_name=known,
    )


def role_names() -> dict[str, str]:
    return {**{str(role): str(Role(role).label) for role in DEFAULTS if role in Role.values},
            "operations": pgettext("dashboard", "Operations")}  # fmt: skip


def roles_of(desk: Desk) -> list[str]:
    """Whose dashboards the reader is offered: those of their roles, and of operations."""
    own = [role for role in DEFAULTS if role in desk.reader.roles]
    return [*own, "operations"]


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    """The dashboard of the reader's role, or of the one that a link names: its charts with what
    the reader may see."""
    with closing(desk_for(request)) as desk:
        role = request.GET.get("role") or roles_of(desk)[0]
        if role not in DEFAULTS:
            raise Http404
        frame = frame_for(request)
        tiles = default_begun(desk, DEFAULTS[role], frame)
        names = role_names()
        context = {
            **_shared(request, desk, frame, _kept(request), f"role:{role}"),
            "title": names[role],
            "tiles": [(one, False) for one in tiles],
            "copy_url": f"{reverse('insights:dashboard_new')}?{urlencode({'role': role})}",
            # Whoever is sent it sees the same charts, whatever dashboard begins with theirs.
            "here": f"{request.path}?{urlencode({**request.GET.dict(), 'role': role})}",
        }
        return page(request, "insights/dashboard.html", context)


def _kept(request: PersonRequest) -> list[Any]:
    """The dashboards that the reader finds, with their owners and whether these have left."""
    works = Employment.objects.on(request.today).filter(person=OuterRef("owner"))
    rows = Dashboard.objects.visible_to(request.person).kept().select_related("owner")
    return list(rows.annotate(owner_left=~Exists(works))[:TABS_MAX])


def _shared(
    request: PersonRequest, desk: Desk, frame: Frame, kept: list[Any], here: str
) -> dict[str, Any]:
    names = role_names()
    tabs = [
        (names[role], f"{reverse('insights:home')}?role={role}", here == f"role:{role}", None)
        for role in dict.fromkeys([*roles_of(desk), *here.split("role:")[1:]])
    ]
    tabs += [
        (one.name, reverse("insights:dashboard", args=[one.pk]), here == f"own:{one.pk}", None)
        for one in kept
    ]
    return {
        "tabs": tabs,
        "frame_form": FrameForm(desk=desk, initial=dict(frame.parameters())),
        "may_keep": access.may_keep(request.person),
        "notes": notes_beside(desk, frame),
        "role": request.GET.get("role", ""),
        **note_writing(request, desk.teams_about),
    }


def note_writing(request: PersonRequest, teams: list[Team]) -> dict[str, Any]:
    """The form of a note, and the page that it leads back to."""
    form = NoteForm(teams=teams, initial={"on": request.today}, auto_id="note-%s")
    return {"note_form": form, "here": request.get_full_path()}


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """A kept dashboard, with the figures that this reader may see."""
    kept = _kept(request)
    found = next((one for one in kept if one.pk == pk), None) or _found(request, pk)
    tiles = Tile.objects.select_related("question")
    prefetch_related_objects([found], Prefetch("tiles", tiles))
    with closing(desk_for(request)) as desk:
        frame = frame_for(request, frame_of(desk, found))
        is_owner = found.owner_id == request.person.pk
        context = {
            **_shared(request, desk, frame, kept, f"own:{pk}"),
            "title": found.name,
            "dashboard": found,
            "is_owner": is_owner,
            "owner_left": not is_owner and found.owner_left,
            "may_take_over": access.may_take_over(request.person),
            "tiles": begun(desk, found, frame),
            "copy_url": f"{reverse('insights:dashboard_new')}?{urlencode({'like': pk})}",
        }
        return page(request, "insights/dashboard.html", context)


def _found(request: PersonRequest, pk: int) -> Any:
    """A dashboard beyond those that have a tab."""
    seen = Dashboard.objects.visible_to(request.person).kept().select_related("owner")
    found = get_object_or_404(seen, pk=pk)
    found.owner_left = access.has_left(found.owner_id, request.today)
    return found


@require_GET
def tile(request: PersonRequest, pk: int, tile_pk: int) -> HttpResponse:
    """One place of a dashboard, which its page fetches when it comes into view; for whoever comes
    here otherwise, what it leads to."""
    seen = Dashboard.objects.visible_to(request.person).kept()
    found = get_object_or_404(
        Tile.objects.select_related("dashboard", "question"), pk=tile_pk, dashboard=pk,
        dashboard__in=seen,
    )  # fmt: skip
    with closing(desk_for(request)) as desk:
        drawn = tile_of(desk, found, frame_for(request, frame_of(desk, found.dashboard)))
        if not wants_fragment(request):
            return redirect(drawn.url or reverse("insights:dashboard", args=[pk]))
        context = {"drawn": drawn, "wide": found.is_wide}
        return page(request, "insights/tile.html", context)


@require_GET
def chart(request: PersonRequest, key: str) -> HttpResponseBase:
    """One chart with its filters, table, definition, file and notes; for a dashboard the chart
    alone."""
    if key not in CHARTS:
        raise Http404
    with closing(desk_for(request)) as desk:
        frame = frame_for(request)
        status, is_whole = 200, not wants_fragment(request)
        try:
            drawn = draw(desk, key, frame, is_whole=is_whole)
        except MeasureForbidden as error:
            drawn, status = forbidden(error, str(CHARTS[key].name), key), 403
        if request.GET.get("export") == "csv" and status == 200:
            return csv_of(drawn)
        if not is_whole:
            alone = {"drawn": drawn, "wide": "wide" in request.GET}
            return page(request, "insights/tile.html", alone, status=status)
        query = urlencode([*frame.parameters(), ("export", "csv")])
        context: dict[str, Any] = {
            "drawn": drawn,
            "frame_form": FrameForm(desk=desk, initial=dict(frame.parameters())),
            "csv_url": f"{reverse('insights:chart', args=[key])}?{query}",
            "notes": notes_beside(desk, frame),
            **note_writing(request, desk.teams_about),
            "others": [
                (one.name, reverse("insights:chart", args=[one.key]), one.key == key)
                for one in CHARTS.values()
            ],
        }
        return page(request, "insights/chart.html", context, status=status)


def csv_of(drawn: Drawn) -> HttpResponseBase:
    wide = max((len(row) for row in drawn.raw), default=0)
    head = [one for one in drawn.head if one][:wide]
    if not drawn.unit:
        return sheets.csv_response(drawn.key, head, drawn.raw)
    rows = [[*row, drawn.unit] for row in drawn.raw]
    return sheets.csv_response(drawn.key, [*head, _("Unit")], rows)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """A dashboard of one's own, at first like another one."""
    return _edited(request, None)


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """The owner changes a dashboard."""
    return _edited(request, _own(request, pk))


def _own(request: PersonRequest, pk: int) -> Dashboard:
    found: Dashboard = get_object_or_404(
        Dashboard.objects.visible_to(request.person).kept().prefetch_related("tiles"), pk=pk
    )
    if found.owner_id != request.person.pk:
        raise PermissionDenied
    return found


def _edited(request: PersonRequest, dashboard: Dashboard | None) -> HttpResponse:
    if not access.may_keep(request.person):
        raise PermissionDenied
    puts = _puts(request, dashboard)
    form = LayoutForm(request.POST or None, viewer=request.person, dashboard=dashboard, puts=puts)
    if request.method == "POST" and form.is_valid():
        layout = Layout(tiles=form.tiles(), **form.facts())
        try:
            kept = actions.keep_dashboard(
                layout=layout, dashboard=dashboard, by=request.person, at=timezone.now()
            )
        except NoTiles:
            form.add_error(None, _("Choose at least one chart."))
        except TooManyTiles:
            form.add_error(None, _("A dashboard shows at most twelve charts."))
        else:
            messages.success(request, _("The dashboard was kept."))
            return go_to(request, reverse("insights:dashboard", args=[kept.pk]))
    context = {"form": form, "dashboard": dashboard}
    return page(request, "insights/layout.html", context, status=422 if form.errors else 200)


def _puts(request: PersonRequest, dashboard: Dashboard | None) -> list[Put]:
    """What stands in the places before anything was changed."""
    if dashboard is None and request.GET.get("like", "").isdecimal():
        seen = Dashboard.objects.visible_to(request.person).kept()
        dashboard = get_object_or_404(seen, pk=request.GET["like"])
    if dashboard is not None:
        rows = Tile.objects.filter(dashboard=dashboard).select_related("question")
        return [Put(one.chart, one.question, one.is_wide) for one in rows]
    role = request.GET.get("role", "")
    return [Put(key) for key in DEFAULTS.get(role, ())]


@require_POST
def put_away(request: PersonRequest, pk: int) -> HttpResponse:
    actions.put_away_dashboard(dashboard=_own(request, pk), by=request.person, at=timezone.now())
    messages.success(request, _("The dashboard was put away."))
    return go_to(request, reverse("insights:home"))


@require_POST
def take_over(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody goes on with a dashboard whose owner has left."""
    found = get_object_or_404(Dashboard.objects.visible_to(request.person).kept(), pk=pk)
    if not (
        access.may_take_over(request.person) and access.has_left(found.owner_id, request.today)
    ):
        raise PermissionDenied
    actions.take_over_dashboard(dashboard=found, by=request.person, at=timezone.now())
    messages.success(request, _("The dashboard is yours now."))
    return go_to(request, reverse("insights:dashboard", args=[pk]))


@require_http_methods(["GET", "POST"])
def mail(request: PersonRequest, pk: int) -> HttpResponse:
    """Who is sent a dashboard and when; have it mailed: to oneself, or by its owner to others."""
    if not access.may_read(request.person):
        raise PermissionDenied
    found = get_object_or_404(Dashboard.objects.visible_to(request.person).kept(), pk=pk)
    is_owner = found.owner_id == request.person.pk
    form = MailForm(request.POST or None, viewer=request.person, is_owner=is_owner)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        actions.mail_dashboard(
            dashboard=found,
            recipient=data.get("recipient") or request.person,
            times=Times(data["cadence"], int(data["weekday"]), data["hour"]),
            site=request.build_absolute_uri("/"),
            by=request.person,
            at=timezone.now(),
        )
        messages.success(request, _("The dashboard will be mailed."))
        return go_to(request, reverse("insights:dashboard", args=[pk]))
    mailings = list(found.mailings.filter(stopped_at=None).select_related("recipient"))
    own = next((one for one in mailings if one.recipient_id == request.person.pk), None)
    context = {
        "dashboard": found,
        "mailing": own,
        "mailings": [one for one in mailings if is_owner and one != own],
        "form": form,
    }
    status = 422 if form.errors else 200
    return page(request, "insights/mailing.html", context, status=status)


@require_POST
def stop_mail(request: PersonRequest, pk: int) -> HttpResponse:
    """The recipient, or who owns the dashboard, stops the mails."""
    found = get_object_or_404(
        Mailing.objects.filter(stopped_at__isnull=True).select_related("dashboard", "recipient"),
        pk=pk,
    )
    if request.person.pk not in {found.recipient_id, found.dashboard.owner_id}:
        raise Http404
    actions.stop_mailing(mailing=found, by=request.person, at=timezone.now())
    messages.success(request, _("No more mails of this dashboard."))
    return go_to(request, reverse("insights:dashboard", args=[found.dashboard_id]))
