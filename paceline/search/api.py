"""One box over everything, for programs: hits by kind, each under its own app's right."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.kernel import findable
from paceline.kernel.interface import Area, Page, Record, Turned, answer_numbered
from paceline.org.requests import TokenRequest
from paceline.search import queries

AREA = Area("search", _("Search"))
router = AREA.router()


class HitRecord(Record):
    """Something that the text finds; ``path`` is its page in the browser."""

    kind: str
    label: str = Field(description=noop("In the caller's language."))
    detail: str
    path: str


class TextAsked(Turned):
    """What is looked for."""

    q: str = Field(min_length=1, max_length=100, description=noop("In Latin or Chinese script."))


@router.get("/search", response=Page[HitRecord], summary=noop("Search"))
def search(request: TokenRequest, asked: Query[TextAsked]) -> HttpResponse:
    person, today = request.person, request.today

    def page(_number: int) -> tuple[list[HitRecord], bool]:
        found = queries.find(person, asked.q)
        kinds = findable.kinds()
        hits = [
            HitRecord(kind=name, label=str(one.label), detail=str(one.detail), path=one.url)
            for name in found
            for one in kinds[name].entries(person, found[name], today)
        ]
        return hits, False

    return answer_numbered(request, asked, HitRecord, page)
