"""The company itself from files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from paceline.imports import actions, wording
from paceline.imports.kinds import UndoRefused
from paceline.imports.models import Import
from paceline.org.models import Employment, Person, ReportingLine, Team
from paceline.org.queries import manager
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

PEOPLE = """Employee number,Name,Email,First day,Country,Currency,Language,Title,Team
E-900,林書豪,lin@example.com,2026-01-01,TW,TWD,繁體中文,Sales representative,north
E-901,Ada Brandt,brandt@example.com,2026-02-01,DE,EUR,en,Sales representative,south
"""


def bring(world: World, folder: Path, kind: str, text: str, **more: object) -> Import:
    path = folder / "file.csv"
    path.write_text(text, "utf-8")
    return actions.import_file(kind=kind, path=path, name="file.csv", by=world.dana, at=NOW, **more)


def test_people_come_with_employment_position_and_team(world: World, tmp_path: Path) -> None:
    source = bring(world, tmp_path, "people", PEOPLE)
    assert (source.totals["new"], source.totals["changed"], source.totals["same"]) == (2, 0, 0)
    lin = Person.objects.get(number="E-900")
    assert (lin.name, lin.email) == ("林書豪", "lin@example.com")
    assert Employment.objects.get(person=lin).language == "zh-hant"
    assert lin.team_memberships.get().team == world.north
    assert lin.position_holdings.get().starts_on == date(2026, 1, 1)


def test_the_same_people_twice_change_nothing(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, "people", PEOPLE)
    again = bring(world, tmp_path, "people", PEOPLE)
    assert (again.totals["new"], again.totals["changed"], again.totals["same"]) == (0, 0, 2)


def test_undo_removes_the_people_and_puts_changes_back(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, "people", PEOPLE)
    changed = bring(world, tmp_path, "people", PEOPLE.replace("Ada Brandt", "Ada Brandt-Wolf"))
    assert changed.totals["changed"] == 1
    actions.undo(source=changed, reason="wrong file", by=world.dana, at=NOW)
    assert Person.objects.get(number="E-901").name == "Ada Brandt"
    first = Import.objects.order_by("id").first()
    actions.undo(source=first, reason="wrong file", by=world.dana, at=NOW)
    assert not Person.objects.filter(number__in=["E-900", "E-901"]).exists()
    assert world.north.memberships.filter(person__number="E-900").count() == 0


def test_people_in_use_cannot_be_undone(world: World, tmp_path: Path) -> None:
    source = bring(world, tmp_path, "people", PEOPLE)
    line = f"person,manager,from\nE-900,{world.marco.number},2026-03-01\n"
    bring(world, tmp_path, "reporting_lines", line)
    with pytest.raises(UndoRefused) as refused:
        actions.undo(source=source, reason="oops", by=world.dana, at=NOW)
    assert refused.value.problem.code == "undo_still_used"
    assert Person.objects.filter(number="E-900").exists()


def test_teams_may_name_their_parent_later_in_the_file(world: World, tmp_path: Path) -> None:
    text = "code,name,parent\nnw,Northwest,nn\nnn,Far North,north\n"
    assert bring(world, tmp_path, "teams", text).totals["new"] == 2
    assert Team.objects.get(code="nw").parent.parent == world.north


def test_teams_that_hang_below_one_another_are_a_circle(world: World, tmp_path: Path) -> None:
    text = "code,name,parent\na,A,C\nb,B,a\nc,C,b\nd,D,c\ne,E,north\n"
    with pytest.raises(actions.ImportRefused) as refused:
        bring(world, tmp_path, "teams", text)
    found = [(problem.row, problem.code) for problem in refused.value.problems]
    assert found == [(2, "team_circle"), (3, "team_circle"), (4, "team_circle")]
    assert not Team.objects.filter(code="e").exists()


def test_a_circle_is_refused_with_its_people_named(world: World, tmp_path: Path) -> None:
    lines = ReportingLine.objects.count()
    text = f"person,manager,from\n{world.erik.number},{world.priya.number},2026-08-01\n"
    with pytest.raises(actions.ImportRefused) as refused:
        bring(world, tmp_path, "reporting_lines", text)
    (problem,) = refused.value.problems
    assert (problem.code, problem.row) == ("reporting_circle", 2)
    assert "Priya Nair" in problem.params["circle"]
    assert ReportingLine.objects.count() == lines


def test_reporting_lines_take_the_place_of_the_former(world: World, tmp_path: Path) -> None:
    text = f"person,manager,from\n{world.priya.number},{world.sofia.number},2026-08-01\n"
    assert bring(world, tmp_path, "reporting_lines", text).totals["changed"] == 1
    assert manager(world.priya, date(2026, 7, 31)) == world.marco
    assert manager(world.priya, date(2026, 8, 1)) == world.sofia


def test_a_file_with_a_header_alone_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(actions.ImportRefused) as refused:
        bring(world, tmp_path, "teams", "code,name,parent\n")
    assert [problem.code for problem in refused.value.problems] == ["only_header"]
    assert not Team.objects.filter(code="nw").exists()


def test_time_zones_are_those_that_forms_offer(world: World, tmp_path: Path) -> None:
    """An alias or an offset says nothing of summer time, and no form could show it again."""
    lines = PEOPLE.replace("Team\n", "Team,Time zone\n").splitlines()
    good = f"{lines[0]}\n{lines[1]},asia/taipei\n{lines[2]},America/New York\n"
    for zone in ("EST", "Etc/GMT-8", "US/Eastern", "UTC+8"):
        with pytest.raises(actions.ImportRefused) as refused:
            bring(world, tmp_path, "people", f"{lines[0]}\n{lines[1]},{zone}\n")
        (problem,) = refused.value.problems
        assert (problem.code, problem.row) == ("not_a_zone", 2)
        assert zone in (said := str(wording.sentence(problem.code, problem.params)))
        assert "Asia/Shanghai" in said
    bring(world, tmp_path, "people", good)
    zones = Employment.objects.filter(person__number__in=["E-900", "E-901"]).order_by(
        "person__number"
    )
    assert list(zones.values_list("time_zone", flat=True)) == ["Asia/Taipei", "America/New_York"]
