"""The list of imports, a new one, and the one page that leads a file to its end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.files.actions import FileTooLarge
from paceline.imports import access, actions, forms, kinds, queries, wording
from paceline.imports import mapping as mapping_of
from paceline.imports.kinds import ImportKind, UndoRefused
from paceline.imports.layout import Layout
from paceline.imports.models import Import, ImportState
from paceline.imports.views import results
from paceline.kernel import formats, sheets
from paceline.kernel.pages import go_to, page, refuse
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.kernel.uploads import limit_text
from paceline.live.models import ProgressState
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

# A file up to this size is checked while the browser waits; a larger one in the background.
CHECKED_AT_ONCE_BYTES = 4 * 1024 * 1024
WORKING = (ImportState.CHECKING, ImportState.COMMITTING, ImportState.UNDOING)
TONES: dict[str, Any] = {
    ImportState.COMMITTED: "good",
    ImportState.CHECKING: "info",
    ImportState.COMMITTING: "info",
    ImportState.CHECKED: "info",
    ImportState.UNDOING: "info",
}


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    person = _reader(request)
    found = {kind.key: kind for kind in kinds.kinds()}
    table = Table(
        request,
        rows=Import.objects.visible_to(person).select_related("uploaded_by"),
        name="imports",
        topic="imports",
        columns=[
            Column("name", _("File"), sort="name", search=True, link=_address),
            Column(
                "kind",
                pgettext("column", "What"),
                sort="kind",
                value=lambda row: found[row.kind].label,
            ),
            Column("state", _("State"), sort="state", value=_badge, kind="badge"),
            Column("rows", _("Lines"), value="totals.rows", kind="number"),
            Column("rejected", _("Rejected"), value="totals.rejected", kind="number"),
            Column(
                "by",
                pgettext("who uploaded it", "By"),
                sort="uploaded_by__name",
                value="uploaded_by.name",
            ),
            Column(
                "uploaded_at", pgettext("column", "When"), sort="id", kind="moment", secondary=True
            ),
        ],
        filters=[
            Filter(
                "kind",
                pgettext("column", "What"),
                [(kind.key, kind.label) for kind in found.values()],
            ),
            Filter("state", _("State"), ImportState.choices),
        ],
        order="-uploaded_at",
        empty=_("Nothing has been imported yet."),
        empty_hint=_("Begin with teams and people, then bring quotas and order lines.")
        if access.may_import_company(person)
        else _("Bring a file as it is; exports of other systems are recognised."),
    )
    if table.wants_export:
        return table.export()
    context = {"table": table, "may_import": access.may_import(person)}
    return page(request, "imports/list.html", context)


def _address(source: Import) -> str:
    return reverse("imports:import", args=[source.pk])


def _badge(source: Import) -> Badge:
    state = ImportState(source.state)
    if source.refusal and state == ImportState.UPLOADED:
        return Badge(_("Cannot be read like this"), "warning")
    return Badge(str(state.label), TONES.get(state, "neutral"))


def _reader(request: PersonRequest) -> Person:
    person: Person = request.person
    if not access.may_read_imports(person):
        raise PermissionDenied
    return person


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    person: Person = request.person
    importable = access.importable(person)
    if not importable:
        raise PermissionDenied
    chosen = request.POST.get("kind") or request.GET.get("kind") or ""
    problem = ""
    if request.method == "POST":
        kind = next((kind for kind in importable if kind.key == chosen), None)
        upload = request.FILES.get("file")
        if kind is None:
            problem = _("Choose what the file holds.")
        elif upload is None or not upload.name:
            problem = _("Choose a file.")
        else:
            try:
                source = actions.upload(
                    kind=kind.key,
                    content=upload,
                    name=upload.name,
                    by=person,
                    at=timezone.now(),
                )
            except FileTooLarge as error:
                most = formats.file_size(error.bytes_max)
                problem = _("The file is larger than %(most)s.") % {"most": most}
            else:
                return go_to(request, _address(source))
    context = {
        "kinds": importable,
        "chosen": chosen,
        "problem": problem,
        "bytes_max": settings.UPLOAD_BYTES_MAX,
        "too_large": limit_text(),
    }
    return page(request, "imports/new.html", context, status=422 if problem else 200)


@require_GET
def template(request: PersonRequest, kind: str) -> HttpResponseBase:
    """An empty file of a kind: the names of its columns in the reader's language, one example."""
    person: Person = request.person
    found = next((one for one in access.importable(person) if one.key == kind), None)
    if found is None:
        raise Http404
    fields = kinds.kind(found.key, person).fields
    header = [str(field.label) for field in fields]
    return sheets.csv_response(found.key, header, [[field.example for field in fields]])


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    source = _visible(request, pk)
    return page(request, "imports/import.html", _context(request, source), fragment="body")


def _visible(request: PersonRequest, pk: int) -> Import:
    person: Person = request.person
    rows = Import.objects.visible_to(person).select_related(
        "file", "rejected", "progress__started_by", "uploaded_by", "committed_by", "undone_by"
    )
    return get_object_or_404(rows, pk=pk)


def _mine(request: PersonRequest, pk: int) -> tuple[Import, Person]:
    """An import that the person may bring further."""
    source = _visible(request, pk)
    person: Person = request.person
    if not access.may_continue(person, source):
        raise PermissionDenied
    return source, person


def _context(request: PersonRequest, source: Import) -> dict[str, Any]:
    person: Person = request.person
    kind = kinds.kind(source.kind, person)
    context: dict[str, Any] = {
        "source": source,
        "kind": kind,
        "badge": _badge(source),
        "may_continue": access.may_continue(person, source),
        "layout_words": wording.layout_words(source.layout) if source.layout else "",
        "refusal": _refusal(source, kind),
        "warnings": [wording.sentence(code, {}) for code in source.layout.get("warnings", ())]
        if source.state in {ImportState.UPLOADED, ImportState.CHECKED}
        else [],
        "topic": f"import:{source.pk}",
        "steps": results.steps(source),
        "is_working": source.state in WORKING,
        "was_cancelled": _was_cancelled(source),
        "is_starter": source.progress is not None and source.progress.started_by_id == person.pk,
    }
    wants_mapping = source.state == ImportState.CHECKED and "mapping" in request.GET
    context["is_mapping"] = source.state == ImportState.UPLOADED or wants_mapping
    if context["is_mapping"] and context["may_continue"]:
        context |= _mapping_context(source, kind)
    elif source.totals:
        context |= results.result(source, kind, person)
    return context


def _was_cancelled(source: Import) -> bool:
    """Whether the last check, writing or undo was stopped, and nobody went on since."""
    progress = source.progress
    return (
        progress is not None
        and progress.state == ProgressState.CANCELLED
        and source.state in {ImportState.UPLOADED, ImportState.CHECKED, ImportState.COMMITTED}
    )


def _refusal(source: Import, kind: ImportKind) -> str:
    if not source.refusal:
        return ""
    return wording.sentence(source.refusal["code"], source.refusal["params"], kind)


def _mapping_context(source: Import, kind: ImportKind) -> dict[str, Any]:
    rows = queries.first_rows(source)
    layout = source.layout
    return {
        "layout_form": forms.LayoutForm(None, source=source) if layout else None,
        "columns": forms.column_choices(source, rows) if layout else [],
        "fields": forms.mapping_rows(kind, source) if layout else [],
        "sample": rows,
        "header": layout.get("columns", ()),
        "preset": _preset(kind, layout),
    }


def _preset(kind: ImportKind, layout: dict[str, Any]) -> str:
    """What the page says of a file that another system wrote."""
    found = mapping_of.preset_of(kind, Layout.from_json(layout)) if layout else None
    if found is None:
        return ""
    return _("This looks like an export of %(system)s; its columns were chosen accordingly.") % {
        "system": found.label
    }


@require_POST
def layout(request: PersonRequest, pk: int) -> HttpResponse:
    source, person = _mine(request, pk)
    form = forms.LayoutForm(request.POST, source=source)
    if form.is_valid():
        try:
            actions.set_layout(source=source, changes=form.changes(), by=person, at=timezone.now())
        except actions.LayoutFixed:
            return _too_late(request, source)
    return go_to(request, _address(source))


@require_POST
def mapping(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep the mapping and check the file under it."""
    source, person = _mine(request, pk)
    columns = len(source.layout.get("columns", ()))
    chosen = forms.read_mapping(request.POST, kinds.kind(source.kind, person), columns)
    now = timezone.now()
    try:
        source = actions.set_mapping(source=source, chosen=chosen, by=person, at=now)
        if source.file.size > CHECKED_AT_ONCE_BYTES:
            actions.request_check(source=source, by=person, at=now)
        else:
            actions.check(source=source, by=person, at=now)
    except actions.LayoutFixed:
        return _too_late(request, source)
    return go_to(request, _address(source))


def _too_late(request: PersonRequest, source: Import) -> HttpResponse:
    return refuse(
        request,
        409,
        _("This import has gone further."),
        _("Somebody has imported or put it away in the meantime. Nothing was changed."),
        url=_address(source),
        action=_("Show the import"),
    )


@require_POST
def commit(request: PersonRequest, pk: int) -> HttpResponse:
    source, person = _mine(request, pk)
    try:
        actions.request_commit(source=source, by=person, at=timezone.now())
    except actions.AlreadyCommitted as error:
        if error.source.committed_by_id != person.pk:
            name = str(error.source.committed_by)
            messages.info(request, _("%(name)s has already imported it.") % {"name": name})
    except actions.NotChecked:
        return _too_late(request, source)
    return go_to(request, _address(source))


@require_POST
def discard(request: PersonRequest, pk: int) -> HttpResponse:
    source, person = _mine(request, pk)
    try:
        actions.discard(source=source, by=person, at=timezone.now())
    except actions.LayoutFixed:
        return _too_late(request, source)
    messages.success(request, _("The file was put away; nothing of it was imported."))
    return go_to(request, reverse("imports:list"))


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    source, person = _mine(request, pk)
    reason = request.POST.get("reason", "").strip()[:1000]
    if not reason:
        messages.error(request, _("Say why the import is undone."))
        return go_to(request, _address(source))
    try:
        source = actions.request_undo(source=source, reason=reason, by=person, at=timezone.now())
    except actions.AlreadyUndone as error:
        if error.source.undone_by_id != person.pk:
            name = str(error.source.undone_by)
            messages.info(request, _("%(name)s has already undone it.") % {"name": name})
        return go_to(request, _address(source))
    except UndoRefused as refused:
        problem = refused.problem
        return refuse(
            request,
            409,
            _("The import stays."),
            wording.sentence(problem.code, problem.params),
            url=_address(source),
            action=_("Show the import"),
        )
    if source.state == ImportState.UNDONE:
        messages.success(request, _("The import was undone."))
    return go_to(request, _address(source))


@require_GET
def rejected(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The rejected lines as they came, with their reasons, to be mended and sent again."""
    source = _visible(request, pk)
    if source.rejected is None:
        raise Http404
    header, rows = queries.rejected_lines(source, kinds.kind(source.kind, request.person))
    return sheets.csv_response(f"rejected-{source.pk}", header, rows)
