"""Records as their lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, JSONObject

from paceline.crm import panels
from paceline.crm.models import (
    MODELS,
    OPEN_STATUSES,
    Activity,
    ActivityKind,
    Answer,
    ChecklistItem,
    ChecklistTick,
    Company,
    Competitor,
    Contact,
    ContactPoint,
    CustomerOrder,
    CustomField,
    Deal,
    DealCompetitor,
    DealContributor,
    Fifths,
    Following,
    Lead,
    OrderLink,
    Pipeline,
    Play,
    Question,
    Record,
    Stage,
    StageKind,
    Tag,
    Tagging,
    scope_of,
)
from paceline.orders.models import OrderLine
from paceline.org.models import Person, TeamMembership

SUGGESTED = 12
# By which figures customers score, one to five.
SCORES = {"recency": "last_on", "frequency": "orders", "value_score": "value"}
RELATED_MAX = 50


@dataclass(frozen=True, slots=True)
class OrderTotal:
    """What a customer bought in a currency, returns taken off."""

    currency: str
    amount: Decimal
    orders: int


def tags_of(kind: str) -> ArraySubquery:
    """The names of a record's tags."""
    rows = Tagging.objects.filter(**{kind: OuterRef("pk")}).order_by("tag__name")
    return ArraySubquery(rows.values("tag__name"))


def first_point(kind: str) -> ArraySubquery:
    """The first ways to reach somebody."""
    rows = ContactPoint.objects.filter(**{kind: OuterRef("pk")}).order_by("rank", "id")
    return ArraySubquery(rows.values("value")[:2])


def listed(kind: str, person: Person) -> Any:
    """What a list of records shows of each; those put away are left out."""
    rows: Any = MODELS[kind].objects.visible_to(person).kept()
    rows = rows.select_related("owner", "team").annotate(tag_names=tags_of(kind))
    if kind in {"contact", "lead", "company"}:
        rows = rows.annotate(points_shown=first_point(kind))
    if kind in {"contact", "company"}:
        rows = rows.select_related("purchases")
    if kind in {"contact", "deal"}:
        rows = rows.select_related("company")
    if kind == "deal":
        rows = rows.select_related("stage", "contact", "pipeline")
    return rows


def shown(kind: str, person: Person) -> Any:
    """One record with what its page says in its head."""
    follows = Following.objects.filter(**{kind: OuterRef("pk")}, person=person)
    rows: Any = MODELS[kind].objects.visible_to(person)
    rows = rows.select_related("owner", "team").annotate(
        tag_names=tags_of(kind), follows=Exists(follows), **panels.annotations_of(kind, person)
    )
    if kind == "deal":
        rows = rows.select_related("stage", "pipeline", "company", "contact", "lost_reason")
        rows = rows.annotate(**stage_work())
    if kind == "contact":
        rows = rows.select_related("company", "erasure", "merged_into", "purchases")
    if kind == "company":
        rows = rows.select_related("parent", "merged_into", "purchases")
    if kind == "lead":
        rows = rows.select_related("conversion__contact", "conversion__company", "conversion__deal")
    return rows


def on_page(kind: str, person: Person) -> Any:
    """The same with all of one row each that its page shows beside the head: one query instead of
    one for each."""
    own = CustomField.objects.filter(team=OuterRef("team"), of=kind).order_by("rank", "id")
    row = JSONObject(**{name: name for name in ("pk", "label", "kind")})
    rows = shown(kind, person).annotate(own_field_rows=ArraySubquery(own.values(row=row)))
    if kind == "deal":
        return rows
    rows = rows.annotate(point_rows=_point_rows(kind))
    if kind == "lead":
        return rows
    return rows.annotate(total_rows=_total_rows(kind), **_fifths(kind))


def _point_rows(kind: str) -> ArraySubquery:
    points = ContactPoint.objects.filter(**{kind: OuterRef("pk")}).order_by("rank", "id")
    names = ("kind", "value", "normalised", "label")
    return ArraySubquery(points.values(row=JSONObject(**{name: name for name in names})))


def _total_rows(kind: str) -> ArraySubquery:
    """What came of a customer, by currency, the largest first."""
    links = OrderLink.objects.filter(
        **{kind: OuterRef(OuterRef("pk"))},
        source=OuterRef("source"), order_number=OuterRef("order_number"),
    )  # fmt: skip
    lines = OrderLine.objects.filter(Exists(links)).order_by().values("currency")
    summed = lines.annotate(all=Sum("amount"), n=Count("order_number", distinct=True))
    row = JSONObject(currency="currency", amount=Cast("all", TextField()), orders="n")  # exact
    return ArraySubquery(summed.order_by("-all").values(row=row))


def _fifths(kind: str) -> dict[str, Subquery]:
    """Where the customers of a kind are cut into fifths by each figure."""
    rows = Fifths.objects.filter(of=kind)
    return {f"fifths_{one}": Subquery(rows.values(one)[:1]) for one in SCORES.values()}


def points_shown(record: Any) -> list[ContactPoint]:
    """The ways to reach somebody who was read by ``on_page``."""
    return [ContactPoint(**row) for row in record.point_rows]


def own_fields_shown(record: Any) -> list[CustomField]:
    """The fields of a team's own that say something of a record that was read by ``on_page``; one
    query where it says something in a field of another team."""
    found = [CustomField(**row) for row in record.own_field_rows if str(row["pk"]) in record.custom]
    elsewhere = {int(one) for one in record.custom} - {one.pk for one in found}
    return found + list(CustomField.objects.filter(pk__in=elsewhere) if elsewhere else [])


def totals_shown(record: Any) -> list[OrderTotal]:
    """What came of a customer who was read by ``on_page``, by currency, the largest first."""
    rows = record.total_rows
    return [OrderTotal(row["currency"], Decimal(row["amount"]), row["orders"]) for row in rows]


def fifths_shown(record: Any) -> Fifths:
    """The fifths by which a customer scores who was read by ``on_page``."""
    return Fifths(**{one: getattr(record, f"fifths_{one}") or [] for one in SCORES.values()})


def points_of(record: Record) -> list[ContactPoint]:
    rows = ContactPoint.objects.filter(**{str(record._meta.model_name): record})
    return list(rows.order_by("rank", "id"))


def contacts_of(company: Company, person: Person) -> list[Contact]:
    """The contacts of a company that the person may see."""
    rows = Contact.objects.visible_to(person).kept().filter(company=company)
    return list(rows.annotate(points_shown=first_point("contact"))[:RELATED_MAX])


def deals_of(record: Record, person: Person) -> list[Deal]:
    """The deals of a company or contact that the person may see, open ones first."""
    rows = Deal.objects.visible_to(person).kept().filter(**{str(record._meta.model_name): record})
    rows = rows.select_related("stage", "owner")
    return list(rows.order_by(F("closed_on").desc(nulls_first=True), "-changed_at")[:RELATED_MAX])


def contributors_of(deal: Deal) -> list[DealContributor]:
    """Who shares in a deal: the owner first, overlays last."""
    rows = DealContributor.objects.filter(deal=deal).select_related("person")
    order = {"owner": 0, "co_seller": 1, "assist": 2, "overlay": 3}
    return sorted(rows, key=lambda one: (order[one.kind], -one.share, one.pk))


def stages_of(pipeline: Pipeline) -> list[Stage]:
    return list(pipeline.stages.filter(retired_at__isnull=True).order_by("rank", "id"))


def stage_work() -> dict[str, ArraySubquery]:
    """What a deal's page shows beside it, as annotations: items of its stage with whether they are
    done, questions with their answers, plays, the team's competitors, and its orders."""
    stage = OuterRef("stage_id")
    done = ChecklistTick.objects.filter(deal=OuterRef(OuterRef("pk")), item=OuterRef("pk"))
    items = ChecklistItem.objects.filter(stage=stage, retired_at__isnull=True)
    answered = Answer.objects.filter(deal=OuterRef(OuterRef("pk")), question=OuterRef("pk"))
    questions = Question.objects.filter(stage=stage, retired_at__isnull=True)
    plays = Play.objects.filter(stage=stage)
    rivals = DealCompetitor.objects.filter(deal=OuterRef(OuterRef("pk")), competitor=OuterRef("pk"))
    competitors = Competitor.objects.filter(team=OuterRef("team_id")).annotate(
        is_rival=Exists(rivals), won_it=Exists(rivals.filter(won_it=True))
    )
    known = CustomerOrder.objects.filter(
        source=OuterRef("source"), order_number=OuterRef("order_number")
    )
    orders = OrderLink.objects.filter(deal=OuterRef("pk")).order_by("order_number")
    return {
        "checklist_shown": ArraySubquery(
            items.order_by("rank", "id")
            .annotate(is_done=Exists(done))
            .values(
                row=JSONObject(pk="pk", text="text", is_required="is_required", is_done="is_done")
            )
        ),
        "questions_shown": ArraySubquery(
            questions.order_by("rank", "id")
            .annotate(answer=Subquery(answered.values("text")[:1]))
            .values(row=JSONObject(pk="pk", text="text", answer="answer"))
        ),
        "rivals_shown": ArraySubquery(
            competitors.filter(Q(retired_at__isnull=True) | Q(is_rival=True))
            .order_by("name")
            .values(row=JSONObject(pk="pk", name="name", is_rival="is_rival", won_it="won_it"))
        ),
        "orders_shown": ArraySubquery(
            orders.annotate(order=Subquery(known.values("pk")[:1])).values(
                row=JSONObject(
                    pk="pk",
                    number="order_number",
                    source="source",
                    credited_at="credited_at",
                    order="order",
                )
            )
        ),
        "plays_shown": ArraySubquery(
            plays.order_by("rank", "id").values(row=JSONObject(title="title", text="text"))
        ),
    }


def sellers(person: Person, on: date) -> QuerySet[Any]:
    """To whom the person may give a record: colleagues of their teams and all below them."""
    scope = scope_of(person)
    members = TeamMembership.objects.filter(team_id__in=scope.all_teams, person=OuterRef("pk"))
    rows = Person.objects.employed_on(on).filter(Q(Exists(members.on(on))) | Q(pk__in=scope.people))
    return rows.order_by("name", "id")


def suggested(kind: str, person: Person, text: str) -> list[Any]:
    """A few records whose name begins like the text, those that begin so first."""
    wanted = text.strip()[:80]
    if not wanted:
        return []
    name = "title" if kind == "deal" else "name"
    rows = MODELS[kind].objects.visible_to(person).kept()
    found = rows.filter(**{f"{name}__icontains": wanted}).annotate(
        place=Case(When(**{f"{name}__istartswith": wanted}, then=Value(0)), default=Value(1),
                   output_field=IntegerField())
    )  # fmt: skip
    return list(found.order_by("place", name, "pk")[:SUGGESTED])


def tasks_for(person: Person) -> QuerySet[Any]:
    """What the person has to do, the most urgent first."""
    rows = Activity.objects.filter(
        kind=ActivityKind.TASK, assignee=person, done_at__isnull=True, erased_at__isnull=True
    )
    rows = rows.filter(pk__in=Activity.objects.visible_to(person).values("pk"))
    return rows.select_related("company", "contact", "lead", "deal", "created_by")


def attention_counts(person: Person, on: date) -> dict[str, int]:
    """How much of the person's own waits: tasks due, deals without a next step or with an old one,
    leads nobody wrote to. One query each."""
    deals = Deal.objects.filter(owner=person, archived_at__isnull=True).filter(
        stage__kind=StageKind.OPEN
    )
    without = deals.filter(next_step="").count()
    overdue = deals.filter(next_step_on__lt=on).count()
    tasks = Activity.objects.filter(
        kind=ActivityKind.TASK, assignee=person, done_at__isnull=True, due_on__lte=on
    ).count()
    leads = Lead.objects.filter(owner=person, status=OPEN_STATUSES[0], archived_at__isnull=True)
    return {"without": without, "overdue": overdue, "tasks": tasks, "leads": leads.count()}


def team_tags(person: Person) -> list[tuple[str, str]]:
    """The tags of the person's teams, for a filter."""
    rows = Tag.objects.visible_to(person).order_by("name").values_list("name", flat=True)
    return [(one, one) for one in dict.fromkeys(rows)]
