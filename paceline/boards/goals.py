"""What boards say of goals: the cards that work for one, and cards as what goals are measured by.

Whoever reads a goal reads its figures, and so how many cards count; which cards those are, and what
their projects, lists and labels are called, only who sees the projects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from paceline.boards import queries
from paceline.boards.models import Card, CardList, Label, Labelling, Project
from paceline.goals import measures, work
from paceline.goals.measures import Fact, Family, People, Record, Source
from paceline.goals.measures.orders import ratio
from paceline.goals.measures.records import address_of
from paceline.goals.models import Goal, Unit
from paceline.goals.work import Piece, Work
from paceline.kernel import formats
from paceline.kernel.shell import Badge
from paceline.org.models import Person

DONE, ON_TIME = "cards_done", "cards_on_time"
OFFERED_MAX = 200
KINDS: dict[str, Any] = {"project": Project, "list": CardList, "label": Label}
ONE_DAY = timedelta(days=1)


def register() -> None:
    """Let goals know cards; called once at start."""
    work.contribute(work_of)
    measures.register(
        Source(
            key=DONE,
            label=gettext_lazy("Cards done"),
            definition=gettext_lazy(
                "Cards on boards that were done in the days, each for its executor, else for who"
                " finished it; subtasks are not counted. Days as the project's time zone has them."
            ),
            unit=Unit.QUANTITY,
            daily=partial(_done, "", 0),
            records=partial(_records, "", 0),
        )
    )
    measures.register(
        Source(
            key=ON_TIME,
            label=gettext_lazy("Cards done on time"),
            definition=gettext_lazy(
                "Of the cards due in the days, the share that was done by then; what is not done"
                " counts as late."
            ),
            unit=Unit.PERCENT,
            daily=partial(_on_time, "", 0),
            value=ratio,
            parts=2,
            is_level=True,
            lowered_by=frozenset({DONE}),
            records=partial(_due_records, "", 0),
        )
    )
    for prefix in (DONE, ON_TIME):
        level = partial(_is_level, prefix)
        find, offered = partial(_find, prefix), partial(_offered, prefix)
        measures.register_family(Family(prefix, find, offered, level))


def _is_level(prefix: str, _unit: str) -> bool:
    return prefix == ON_TIME


# The cards of a goal


def work_of(reader: Person, goal: Goal, on: date) -> Work:
    """The cards that work for a goal, as far as the reader sees them."""
    found = queries.cards_of_goals(reader, [goal.pk], on)[goal.pk]
    may_add = goal.closed_at is None and reader.pk is not None
    return Work(
        open=found.open,
        done=found.done,
        late=found.late,
        hidden=found.hidden,
        pieces=[_piece(card, on) for card in found.cards],
        add_url=reverse("boards:next_step", args=[goal.pk]) if may_add else "",
    )


def _piece(card: Any, on: date) -> Piece:
    state = None
    if card.done_at is not None:
        state = Badge(pgettext("card", "Done"), "good")
    elif card.due_on is not None and card.due_on < on:
        state = Badge(_("Overdue"), "bad")
    return Piece(
        name=card.title,
        url=reverse("boards:card", args=[card.pk]),
        who="" if card.executor is None else card.executor.name,
        where=card.project.name,
        due="" if card.due_on is None else formats.day(card.due_on),
        state=state,
    )


# Cards as a measure

_WITHIN = {
    "": "",
    "project": "AND c.project_id = %(ref)s",
    "list": "AND c.list_id = %(ref)s",
    "label": "AND EXISTS (SELECT 1 FROM boards_labelling l WHERE l.card_id = c.id"
    " AND l.label_id = %(ref)s)",
}
_DONE = """
SELECT coalesce(c.executor_id, c.done_by_id), (c.done_at AT TIME ZONE p.time_zone)::date, count(*)
FROM boards_card c JOIN boards_project p ON p.id = c.project_id
WHERE c.list_id IS NOT NULL
  AND c.done_at >= %(first)s::date - 1 AND c.done_at < %(before)s::date + 1
  AND (c.done_at AT TIME ZONE p.time_zone)::date >= %(first)s
  AND (c.done_at AT TIME ZONE p.time_zone)::date < %(before)s
  AND (%(people)s::bigint[] IS NULL OR coalesce(c.executor_id, c.done_by_id) = ANY(%(people)s))
  {within} GROUP BY 1, 2 ORDER BY 2, 1
"""
# Without a time of day a card is due at the end of its day, in the project's zone.
_DUE = """
SELECT coalesce(c.executor_id, c.done_by_id), c.due_on, count(*), count(*) FILTER (WHERE
    c.done_at AT TIME ZONE p.time_zone < CASE WHEN c.due_time IS NULL THEN c.due_on + 1
    ELSE c.due_on + c.due_time + interval '1 minute' END)
FROM boards_card c JOIN boards_project p ON p.id = c.project_id
WHERE c.list_id IS NOT NULL AND (c.archived_at IS NULL OR c.done_at IS NOT NULL)
  AND c.due_on >= %(first)s AND c.due_on < %(before)s
  AND (%(people)s::bigint[] IS NULL OR coalesce(c.executor_id, c.done_by_id) = ANY(%(people)s))
  {within} GROUP BY 1, 2 ORDER BY 2, 1
"""


def _rows(
    query: str, kind: str, ref: int, first: date, before: date, people: People
) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {
        "first": first, "before": before, "ref": ref,
        "people": None if people is None else list(people),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query.format(within=_WITHIN[kind]), values)
        return list(cursor.fetchall())


def _done(kind: str, ref: int, first: date, before: date, people: People) -> Iterator[Fact]:
    for who, on, count in _rows(_DONE, kind, ref, first, before, people):
        yield Fact(who, on, "", (Decimal(count),))


def _on_time(kind: str, ref: int, first: date, before: date, people: People) -> Iterator[Fact]:
    for who, on, count, in_time in _rows(_DUE, kind, ref, first, before, people):
        yield Fact(who, on, "", (Decimal(in_time), Decimal(count)))


def _cards(kind: str, ref: int, reader: Person, people: People) -> Any:
    rows = Card.objects.filter(list__isnull=False)
    if kind == "label":
        bears = Labelling.objects.filter(card=OuterRef("pk"), label_id=ref)
        rows = rows.filter(Exists(bears))
    elif kind:
        rows = rows.filter(**{f"{kind}_id": ref})
    if people is not None:
        rows = rows.filter(Q(executor__in=people) | Q(executor__isnull=True, done_by__in=people))
    seen = Project.objects.visible_to(reader).filter(pk=OuterRef("project"))
    return rows.annotate(is_seen=Exists(seen)).select_related("project", "list")


def _record(card: Any, on: date, **more: Any) -> Record:
    who = card.executor_id or card.done_by_id
    if not card.is_seen:
        return Record(who, on, is_seen=False)
    url = address_of("boards:card", card.pk)
    return Record(who, on, card.title, url, f"{card.project.name} · {card.list.name}", **more)


def _records(
    kind: str, ref: int, reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The cards that were done, the newest first."""
    rows = _cards(kind, ref, reader, people).filter(
        done_at__date__gte=first - ONE_DAY, done_at__date__lte=before
    )
    for card in rows.order_by("-done_at", "-pk")[:most]:
        on = card.done_at.astimezone(ZoneInfo(card.project.time_zone)).date()
        if first <= on < before:
            yield _record(card, on, amount=Decimal(1))


def _due_records(
    kind: str, ref: int, reader: Person, first: date, before: date, people: People, most: int
) -> Iterator[Record]:
    """The cards that were due, the latest first, and whether they were done by then."""
    rows = _cards(kind, ref, reader, people).filter(
        Q(archived_at__isnull=True) | Q(done_at__isnull=False),
        due_on__gte=first,
        due_on__lt=before,
    )
    for card in rows.order_by("-due_on", "-pk")[:most]:
        figure = pgettext("card", "on time") if is_on_time(card) else pgettext("card", "late")
        yield _record(card, card.due_on, figure=figure)


def is_on_time(card: Any) -> bool:
    """Whether a card with a day by which it is due was done by then. Needs ``project``."""
    if card.done_at is None:
        return False
    done: datetime = card.done_at.astimezone(ZoneInfo(card.project.time_zone)).replace(tzinfo=None)
    if card.due_time is None:
        return done < datetime.combine(card.due_on + ONE_DAY, time())
    return done < datetime.combine(card.due_on, card.due_time) + timedelta(minutes=1)


# Measures of one project, list or label


def _source(prefix: str, kind: str, row: Any) -> Source:
    project = row if kind == "project" else row.project
    name = project.name if kind == "project" else f"{project.name} › {row.name}"
    is_share = prefix == ON_TIME
    whole = measures.find(prefix)
    assert whole is not None  # noqa: S101 - registered beside its family
    veiled = {
        "project": _("of a project that you do not see"),
        "list": _("of a list that you do not see"),
        "label": _("of a label that you do not see"),
    }[kind]
    records: Callable[..., Any] = _due_records if is_share else _records
    daily: Callable[..., Any] = _on_time if is_share else _done
    return Source(
        key=f"{prefix}:{kind}.{row.pk}",
        label=f"{whole.label}{formats.colon()}{name}",
        definition=whole.definition,
        unit=whole.unit,
        daily=partial(daily, kind, row.pk),
        value=whole.value,
        parts=whole.parts,
        is_level=whole.is_level,
        lowered_by=whole.lowered_by,
        records=partial(records, kind, row.pk),
        is_named_to=lambda reader: (
            Project.objects.visible_to(reader).filter(pk=project.pk).exists()
        ),
        veiled=f"{whole.label} {veiled}",
    )


def _find(prefix: str, refs: Collection[str]) -> list[Source]:
    wanted: dict[str, list[int]] = {}
    for ref in refs:
        kind, _dot, pk = ref.partition(".")
        if kind in KINDS and pk.isdecimal():
            wanted.setdefault(kind, []).append(int(pk[:18]))
    return [
        _source(prefix, kind, row)
        for kind, ids in wanted.items()
        for row in _with_project(kind, KINDS[kind].objects.filter(pk__in=ids))
    ]


def _with_project(kind: str, rows: Any) -> Sequence[Any]:
    return list(rows if kind == "project" else rows.select_related("project"))


def _offered(prefix: str, reader: Person) -> list[Source]:
    """What cards are counted of. A share is asked of a whole project or a label; of a list it would
    follow from what is moved there."""
    return [
        _source(prefix, kind, row)
        for kind, rows in _rows_for(reader).items()
        if (prefix, kind) != (ON_TIME, "list")
        for row in rows
    ]


def _rows_for(reader: Person) -> dict[str, list[Any]]:
    """Projects that the reader sees, their lists and labels: at most 200 of each. Three queries,
    then kept on the reader, whom a request brings anew: two families offer the same rows."""
    kept: dict[str, list[Any]] | None = getattr(reader, "_goal_rows", None)
    if kept is None:
        seen = Project.objects.visible_to(reader).kept()
        rows = {
            "project": seen.order_by("name", "pk"),
            "list": CardList.objects.filter(project__in=seen.values("pk"), archived_at__isnull=True)
            .order_by("project__name", "project", "rank"),
            "label": Label.objects.filter(project__in=seen.values("pk"))
            .order_by("project__name", "project", "name"),
        }  # fmt: skip
        kept = {kind: list(_with_project(kind, rows[kind][:OFFERED_MAX])) for kind in rows}
        reader._goal_rows = kept  # type: ignore[attr-defined]
    return kept
