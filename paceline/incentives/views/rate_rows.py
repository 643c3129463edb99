"""Tables of rates: which there are, and the rows of one. Rows come from files."""

from __future__ import annotations

import json

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from paceline.imports import kinds
from paceline.incentives.access import pay as access
from paceline.incentives.models import RateRow
from paceline.incentives.queries.rate_rows import rate_rows_for, rate_tables_for
from paceline.incentives.wording.formulas import column_named
from paceline.incentives.wording.rows import row_pays
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org.requests import PersonRequest

IMPORT = "rate_rows"


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """Every table of rates with how much it holds."""
    if not access.may_read_terms(request.person):
        raise PermissionDenied
    context = {
        "kind": kinds.kind(IMPORT),
        "tables": rate_tables_for(request.person),
        "may_set": access.may_set_terms(request.person),
    }
    return page(request, "incentives/rate_tables.html", context)


@require_GET
def show(request: PersonRequest, name: str) -> HttpResponseBase:
    """The rows of one table, past and coming ones too."""
    if not access.may_read_terms(request.person):
        raise PermissionDenied
    rows = rate_rows_for(request.person, name)
    if not rows.exists():
        raise Http404
    kind = kinds.kind(IMPORT)
    table = Table(
        request,
        rows=rows,
        name="rate_rows",
        topic="imports",
        caption=name,
        order="keys",
        columns=[
            Column(
                "keys",
                pgettext("row of a table of rates", "For"),
                value=said_by,
                sort="keys",
                search=True,
            ),
            Column(
                "above",
                pgettext("of a tier", "From"),
                value=lambda row: row.above.normalize(),
                kind="number",
                sort="above",
            ),
            Column("pays", _("Pays"), value=_paid),
            Column("days", _("Days"), value=_days, sort="starts_on"),
        ],
        empty=_("Nothing is known yet."),
        empty_hint=str(kind.purpose),
    )
    if table.wants_export:
        return table.export()
    may_set = access.may_set_terms(request.person)
    context = {"kind": kind, "name": name, "table": table, "may_set": may_set}
    return page(request, "incentives/rate_table.html", context)


def said_by(row: RateRow) -> str:
    """What a row holds for, in words."""
    said = json.loads(row.keys)
    parts = [
        _("%(column)s: %(value)s") % {"column": column_named(column), "value": value}
        for column, value in said.items()
    ]
    return " · ".join(parts) or _("everything else")


def _paid(row: RateRow) -> str:
    return row_pays(row.rate, row.amount, row.currency)


def _days(row: RateRow) -> str:
    return formats.span_of_days(row.starts_on, row.ends_before)
