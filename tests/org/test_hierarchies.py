"""Named hierarchies: places and circles, files that bring and take back, and their pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from paceline.imports import actions as imports
from paceline.imports.models import Import
from paceline.kernel.audit import AuditEntry
from paceline.org import actions
from paceline.org.models import Hierarchy, HierarchyLine, Person
from paceline.org.queries import hierarchies_table, hierarchy_tree
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
JANUARY, JULY, AUGUST = date(2026, 1, 1), date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture
def region(world: World) -> Hierarchy:
    return actions.add_hierarchy(code="region", name="Region", by=world.hana, at=NOW)


def place(
    region: Hierarchy, person: Person, manager: Person, since: date, until: date | None = None
) -> HierarchyLine:
    return actions.place_below(
        hierarchy=region, person=person, manager=manager, starts_on=since, ends_before=until,
        by=None, at=NOW, reason="new regions",
    )  # fmt: skip


def read() -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in hierarchies_table(JULY, AUGUST).to_pylist()]


def test_places_follow_one_another_and_never_close_a_circle(
    world: World, region: Hierarchy
) -> None:
    place(region, world.priya, world.sofia, JANUARY)
    place(region, world.sofia, world.omar, JANUARY)
    place(region, world.priya, world.marco, AUGUST)
    assert read() == [
        ("region", world.priya.number, world.sofia.number, JANUARY, AUGUST),
        ("region", world.sofia.number, world.omar.number, JANUARY, None),
    ]
    with pytest.raises(actions.HierarchyCircle) as refused:
        place(region, world.omar, world.priya, JULY)
    assert refused.value.people == (world.omar, world.priya, world.sofia, world.omar)
    place(region, world.omar, world.priya, AUGUST)  # from then on Priya stands below Marco
    with pytest.raises(actions.HierarchyCircle):
        place(region, world.marco, world.sofia, date(2027, 1, 1))
    with pytest.raises(actions.HierarchyCircle):
        place(region, world.erik, world.erik, JULY)
    with pytest.raises(actions.Overlaps):
        place(region, world.priya, world.erik, JULY)
    other = actions.add_hierarchy(code="brand", name="Brand", by=world.hana, at=NOW)
    place(other, world.omar, world.priya, JANUARY)  # another tree knows nothing of this one
    assert HierarchyLine.objects.count() == 5
    for broken in ({"manager": world.priya}, {"manager": world.erik, "starts_on": JULY}):
        given = {"starts_on": JANUARY, **broken}
        with pytest.raises(IntegrityError), transaction.atomic():
            HierarchyLine.objects.create(hierarchy=region, person=world.priya, **given)
    entry = AuditEntry.objects.filter(action="placed_in_hierarchy").earliest("pk")
    assert (entry.reason, entry.after["manager"]) == ("new regions", "Sofia Costa")
    (top,) = hierarchy_tree(region, JULY)
    assert (top.person, top.children[0].children[0].person) == (world.omar, world.priya)
    actions.end_employment(person=world.priya, ends_before=JULY, by=world.hana, at=NOW)
    assert not HierarchyLine.objects.filter(person=world.priya).during(JULY, None).exists()


def bring(world: World, folder: Path, text: str) -> Import:
    path = folder / "places.csv"
    path.write_text(text, "utf-8")
    return imports.import_file(kind="hierarchies", path=path, name="p.csv", by=world.dana, at=NOW)


def test_a_file_brings_places_once_and_is_undone(world: World, tmp_path: Path) -> None:
    p, o, s, d = (one.number for one in (world.priya, world.omar, world.sofia, world.dana))
    text = f"體系,員工編號,負責人,開始日期,結束日期\nregion,{p},{s},2026-01-01,\n"
    text += f"region,{o},{s},2026-01-01,2026-07-15\nbrand,{p},{o},2026-01-01,\n"
    first = bring(world, tmp_path, text)
    assert [first.totals[name] for name in ("new", "changed", "same")] == [3, 0, 0]
    assert read() == [
        ("brand", p, o, JANUARY, None),
        ("region", p, s, JANUARY, None),
        ("region", o, s, JANUARY, date(2026, 7, 16)),
    ]
    again = bring(world, tmp_path, text)
    assert [again.totals[name] for name in ("new", "changed", "same")] == [0, 0, 3]
    header = "hierarchy,person,manager,from,to\n"
    for rows, codes in (
        (
            f"brand,nobody,{s},2026-01-01,\nbrand,{s},{o},2026-02-01,2026-01-01\n",
            {(2, "person_unknown"), (3, "ends_before_start")},
        ),
        (
            f"region,{s},{p},2026-07-01,\nbrand,{d},{s},2026-01-01,\n",
            {(2, "hierarchy_circle"), (3, "own_place")},
        ),
    ):
        with pytest.raises(imports.ImportRefused) as refused:
            bring(world, tmp_path, header + rows)
        assert {(one.row, one.code) for one in refused.value.problems} == codes
    assert HierarchyLine.objects.count() == 3
    imports.undo(source=first, reason="wrong", by=world.dana, at=NOW)
    assert not Hierarchy.objects.exists()
    assert not read()


def test_pages_show_the_tree_and_change_it(
    world: World, region: Hierarchy, client_for, django_assert_max_num_queries
) -> None:
    place(region, world.omar, world.sofia, JANUARY)
    client = client_for(world.hana)
    form = {"person": world.priya.pk, "manager": world.sofia.pk, "starts_on": "2026-07-01"}
    address = reverse("org:hierarchy_place", args=[region.pk])
    assert client.post(address, form).status_code == 303
    assert client.post(address, {**form, "manager": world.omar.pk}).status_code == 422
    # Nobody stands below or above the one who writes it down.
    assert client.post(address, {**form, "person": world.hana.pk}).status_code == 422
    line = HierarchyLine.objects.get(person=world.priya)
    mine = place(region, world.hana, world.erik, JANUARY)
    ended = {"last_day": "2026-07-31", "reason": "moves"}
    for row, status in ((line, 303), (mine, 403)):
        end = reverse("org:hierarchy_place_end", args=[row.pk])
        assert client.post(end, ended).status_code == status
    line.refresh_from_db()
    mine.refresh_from_db()
    assert (line.ends_before, mine.ends_before) == (AUGUST, None)
    reader = client_for(world.priya)
    for page in (reverse("org:hierarchies"), reverse("org:hierarchy", args=[region.pk])):
        with django_assert_max_num_queries(15):
            text = reader.get(page).content.decode()
        assert "Region" in text
        assert address not in text
    text = text[text.index('class="tree"') :]
    assert text.index("Sofia Costa") < text.index("Priya Nair")
    life = reader.get(reverse("org:person", args=[world.priya.pk])).content.decode()
    assert "Region: below Sofia Costa" in life
