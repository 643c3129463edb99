"""Asking for figures by programs: a measure, split, narrowed, of some days, as rows."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Query, Schema
from pydantic import Field

from paceline.insights import access, actions, words
from paceline.insights.asked import NotAsked, Question, asked
from paceline.insights.measures import MEASURES
from paceline.insights.queries.answers import Answer, MeasureForbidden, answer, may_read_measure
from paceline.insights.queries.desk import Desk
from paceline.kernel.interface import (
    Area,
    Page,
    Picked,
    Problem,
    Record,
    Turned,
    answer_numbered,
    answer_one,
)
from paceline.kernel.interface.currencies import CurrencyOrEmpty
from paceline.kernel.interface.days import Day
from paceline.kernel.interface.problems import invalid
from paceline.org.requests import TokenRequest

AREA = Area("insights", gettext_lazy("Figures and questions"))
router = AREA.router()


class MeasureRecord(Record):
    """What can be asked for, and what it can be split and narrowed by."""

    id: str = Field("", description=noop("What to send as `measure`."))
    name: str
    definition: str
    unit: str
    splits: list[str]


class CellRecord(Schema):
    """A value at a length of time and a key; null where it is a share of nothing."""

    bucket: date | None = Field(None, description=noop("The first day."))
    key: str | None = None
    label: str = Field("", description=noop("The key in words."))
    value: Decimal | None = None
    before: Decimal | None = Field(None, description=noop("Of the days it is compared with."))


class AnswerRecord(Record):
    """The answer to a question, as far as the caller may see."""

    measure: str
    unit: str
    currency: str = Field("", description=noop("Of money."))
    starts_on: date
    ends_before: date
    rows: list[CellRecord]
    total: Decimal | None = Field(None, description=noop("Of the whole question."))
    total_before: Decimal | None = None
    left_out: dict[str, int] = Field({}, description=noop("Lines without a rate, by currency."))
    is_withheld: bool = Field(default=False, description=noop("Small groups are not shown."))
    is_cut_off: bool = Field(
        default=False,
        description=noop(
            "There are more rows than the 1,000 given here; `total` counts them all. Narrow the"
            " question or ask about a shorter span to be given each."
        ),
    )


class QuestionAsked(Picked):
    """A question: a measure, over time or split, narrowed, of some days, compared."""

    measure: str = Field("net_sales", max_length=60)
    over: Literal["", "day", "week", "month", "quarter", "year"] = ""
    split: str = Field("", max_length=40, description=noop("One of the measure's splits."))
    only: str = Field(
        "",
        max_length=1000,
        description=noop("What it is narrowed to: `team:north;channel:web`; `team:` names none."),
    )
    span: str = Field("", max_length=40, description=noop("Such as `this_quarter`, `months_12`."))
    starts_on: Day | None = None
    ends_before: Day | None = None
    compare: Literal["", "previous", "year"] = ""
    currency: CurrencyOrEmpty = ""


@router.get("/measures", response=Page[MeasureRecord], summary=noop("List measures"))
def list_measures(request: TokenRequest, turned: Query[Turned]) -> HttpResponse:
    found = [
        MeasureRecord(
            id=one.key,
            name=str(one.name),
            definition=str(one.definition),
            unit=str(one.unit),
            splits=list(one.splits),
        )
        for one in MEASURES.values()
        if may_read_measure(request.person, one)
    ]
    return answer_numbered(request, turned, MeasureRecord, lambda _number: (found, False))


@router.get("/answers", response=AnswerRecord, summary=noop("Ask a question"))
def ask(request: TokenRequest, wanted: Query[QuestionAsked]) -> HttpResponse:
    if not access.may_read(request.person):
        raise Problem("forbidden")
    brought = actions.bring_up_to_date(at=request.now)
    with closing(Desk(request.person, request.today, brought)) as desk:
        try:
            question = asked(_query(wanted), request.today)
            found = answer(desk, question)
        except NotAsked as refused:
            member = MEMBERS.get(refused.part, refused.part.partition("-")[0])
            raise invalid(member, words.refusal(refused), where="query") from None
        except MeasureForbidden:
            raise Problem("forbidden", _("This measure is not yours to read.")) from None
        return answer_one(request, _told(desk, question, found), AnswerRecord, wanted)


# What the page calls the members of a question.
MEMBERS = {"from": "starts_on", "to": "ends_before", "in": "currency"}


def _query(wanted: QuestionAsked) -> QueryDict:
    """The question as its page's address asks it."""
    query = QueryDict(mutable=True)
    for name in ("measure", "over", "split", "span", "compare"):
        query[name] = getattr(wanted, name)
    query["in"] = wanted.currency
    if (wanted.starts_on is None) != (wanted.ends_before is None):
        raise invalid("ends_before", _("Give both the first day and the end."), where="query")
    if wanted.starts_on is not None and wanted.ends_before is not None:
        if wanted.ends_before <= wanted.starts_on:
            raise invalid("ends_before", _("The end must come after the start."), where="query")
        last = wanted.ends_before - timedelta(days=1)
        query["span"], query["from"], query["to"] = "days", str(wanted.starts_on), str(last)
    for part in filter(None, wanted.only.split(";")):
        name, sign, value = part.partition(":")
        if not sign or not name.strip():
            raise invalid("only", _("Write it as `team:north;channel:web`."), where="query")
        query[f"only-{name.strip()}"] = value.strip() or "-"
    return query


def _told(desk: Desk, question: Question, found: Answer) -> AnswerRecord:
    measure = question.measure
    return AnswerRecord(
        measure=measure.key,
        unit=str(measure.unit),
        currency=found.currency if str(measure.unit) == "money" else "",
        starts_on=question.span.starts_on,
        ends_before=question.span.ends_before,
        rows=[
            CellRecord(
                bucket=row.bucket,
                key=row.key,
                label=words.key_name(desk, question.split, row.key) if question.split else "",
                value=row.value,
                before=row.before,
            )
            for row in found.rows
        ],
        total=found.total.value,
        total_before=found.total.before,
        left_out=found.left_out,
        is_withheld=found.withheld,
        is_cut_off=found.cut_off,
    )
