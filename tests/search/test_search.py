"""What is found, by whom, and how the index keeps up with what it repeats."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import translation

from paceline.incentives.actions import plans, statements
from paceline.incentives.models import PlanVersion
from paceline.kernel import findable
from paceline.org import actions as org
from paceline.org.models import Person
from paceline.search import actions, queries
from paceline.search.models import SearchDocument
from paceline.search.queries import HITS_MAX, find
from paceline.web.finder import find as palette
from tests.incentives.pay.conftest import FROM, SELLER, build_quarter
from tests.keeping import once
from tests.world import NOW, TODAY, World, sign_in


def add(name: str, number: str, latin_name: str = "", email: str = "") -> Person:
    return org.add_person(
        number=number, name=name, latin_name=latin_name, email=email, by=None, at=NOW
    )


def names(person: Person, text: str) -> list[str]:
    found = find(person, text).get("person", [])
    return sorted(Person.objects.filter(pk__in=found).values_list("name", flat=True))


def stored() -> set[tuple[str, int, str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, object_id, folded, terms::text, keys::text FROM search_searchdocument"
        )
        return set(cursor.fetchall())


@pytest.fixture
def priya(world: World) -> Person:
    return world.priya


def test_three_scripts_find_one_another(priya: Person) -> None:
    add("陳客戶", "Z1", "Chen Kehu")
    add("王銷售", "Z2", "Wáng Xiāoshòu", "wang@example.com")
    for text in ("客户", "客戶", "陈客户", "陳客戶", "kehu", "KEHU", "ｋｅｈｕ", "chen ke", "Z1"):
        assert names(priya, text) == ["陳客戶"], text
    for text in ("销售", "銷售", "銷", "xiaoshou", "wang@example.com", "王 wang"):
        assert names(priya, text) == ["王銷售"], text


def test_words_are_found_by_their_beginning_and_chinese_in_one_piece(priya: Person) -> None:
    add("文心林", "Z1", "Wenhao Lin")
    add("林心文心", "Z2", "Xin Wen")
    assert names(priya, "wenh") == ["文心林"]
    assert names(priya, "enhao") == []
    assert names(priya, "心林") == ["文心林"]
    assert "文心林" not in names(priya, "林文心")
    assert names(priya, "林心文") == ["林心文心"]
    assert names(priya, "w") == [], "a single letter is a word of its own"


@pytest.mark.parametrize(
    "text",
    ["'", "a' | '#person", "\\", "'\\''", "%", "#person", "@all", "@desk", "x:*", "\0", "()"],
)
def test_signs_of_the_database_mean_nothing(priya: Person, text: str) -> None:
    add("Nothing Like It", "Z1")
    assert find(priya, text) == {}


def test_a_name_with_strange_signs_is_kept_and_found(priya: Person) -> None:
    add('O\'Neil \\ "Ann" 🦊 עברית', "Z1")
    for text in ("o'neil", "ann", "עברית", "neil o"):
        assert names(priya, text) == ['O\'Neil \\ "Ann" 🦊 עברית'], text


# A rare word, one that is common, and one that is common among one's own.
@pytest.mark.parametrize(("candidates", "enough"), [(1000, 160), (1, 160), (1, 0)])
def test_the_palette_finds_a_statement_only_for_those_who_may_read_it(
    world: World, monkeypatch: pytest.MonkeyPatch, candidates: int, enough: int
) -> None:
    monkeypatch.setattr(queries, "CANDIDATES_MAX", candidates)
    monkeypatch.setattr(queries, "OWN_ENOUGH", enough)
    quarter = once(build_quarter, world)
    statement = quarter.release(quarter.run(), "priya")[0]

    def found(person: Person) -> list[int]:
        return find(person, "priya").get("statement", [])

    for name in ("priya", "marco", "dana", "ines"):
        assert found(world.cast[name]) == [statement.pk], name
    for name in ("omar", "sofia", "hana"):
        assert found(world.cast[name]) == [], name
    statements.withdraw_release(release=statement.release, by=world.dana, at=NOW, reason="wrong")
    for name in world.cast:
        assert found(world.cast[name]) == [], name


def test_a_canary_of_another_team_is_in_nobodys_bytes(world: World) -> None:
    """The name of a draft, and the statement of somebody in another team."""
    quarter = once(build_quarter, world)
    statement = quarter.release(quarter.run(), "priya")[0]
    draft = _draft(world)
    for name in ("omar", "sofia", "hana"):
        client = sign_in(world.cast[name])
        for text in ("kanarien", "Kanarienplan", "priya", "Nair", "2026"):
            sent = client.get("/palette", {"q": text}).content.decode()
            assert "Kanarienplan" not in sent.replace(f"“{text}”", "")
            assert draft.plan.code not in sent
            assert f"/statements/{statement.pk}/" not in sent
    sent = sign_in(world.dana).get("/palette", {"q": "kanarien"}).content.decode()
    assert f"/plans/{draft.plan.code}/" in sent
    assert "Kanarienplan" in sent


def test_nothing_is_left_of_what_was_rolled_back(world: World) -> None:
    before = stored()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add("Rolled Back", "Z1")
        org.change_person(person=world.priya, by=world.hana, at=NOW, name="Rolled Too")
        assert names(world.priya, "rolled") == ["Rolled Back", "Rolled Too"]
        raise ZeroDivisionError
    assert stored() == before
    assert names(world.priya, "rolled") == []


def test_many_changes_are_found_together(world: World) -> None:
    with transaction.atomic(), findable.together():
        one = add("Togetha", "Z2")
        org.change_person(person=one, by=world.hana, at=NOW, name="Togethb")
        add("Togethc", "Z3")
        assert names(world.priya, "togeth") == []
    assert names(world.priya, "togeth") == ["Togethb", "Togethc"]
    before = stored()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), findable.together():
        add("Togethd", "Z4")
        raise ZeroDivisionError
    assert stored() == before


def test_a_new_name_is_found_at_once_everywhere_and_the_old_one_no_more(world: World) -> None:
    quarter = once(build_quarter, world)
    statement = quarter.release(quarter.run(), "priya")[0]
    org.change_person(
        person=world.priya, by=world.hana, at=NOW, name="Quetzal Nair", email="q@example.com"
    )
    found = find(world.dana, "quetzal")
    assert found == {"person": [world.priya.pk], "statement": [statement.pk]}
    assert find(world.dana, "priya nair") == {}


def test_a_draft_that_is_thrown_away_is_found_no_more(world: World) -> None:
    draft = _draft(world)
    assert find(world.dana, "kanarienplan") == {"plan": [draft.pk]}
    plans.discard_draft(version=draft, reason="", by=world.dana, at=NOW)
    assert find(world.dana, "kanarienplan") == {}


def test_a_rebuild_equals_what_the_actions_kept(world: World) -> None:
    quarter = once(build_quarter, world)
    quarter.release(quarter.run())
    _draft(world)
    org.change_person(person=world.priya, by=world.hana, at=NOW, name="普莉雅")
    kept = stored()
    assert {kind for kind, *_rest in kept} == {"person", "statement", "plan"}
    call_command("reindex_search")
    assert stored() == kept
    SearchDocument.objects.filter(kind="person").update(folded="spoiled")
    SearchDocument.objects.create(kind="plan", object_id=10**9, folded="x", terms="x", keys=[])
    SearchDocument.objects.filter(kind="statement").delete()
    call_command("reindex_search")
    assert stored() == kept
    SearchDocument.objects.all().delete()
    call_command("reindex_search", "--if-empty")
    assert stored() == kept


def test_finding_asks_a_handful_of_questions(
    world: World, django_assert_max_num_queries: Callable[..., object]
) -> None:
    quarter = once(build_quarter, world)
    quarter.release(quarter.run())
    for person in (world.dana, world.priya, world.marco):
        _ = person.roles
        with django_assert_max_num_queries(10):
            assert palette(person, "priya", TODAY)


def test_a_name_that_everybody_bears_gives_a_bounded_list(world: World) -> None:
    made = [add(f"Common Name{number}", f"Z{number}") for number in range(2 * HITS_MAX + 5)]
    assert len(find(world.priya, "common")["person"]) == HITS_MAX
    # Of two beginnings the newest bearers are given; who bears one alone is not among them.
    add("Common Other", "Y1")
    newest = [one.pk for one in reversed(made)][:HITS_MAX]
    assert find(world.priya, "com nam")["person"] == newest
    assert names(world.priya, "com oth") == ["Common Other"]


def test_an_order_is_found_by_its_number_by_those_who_read_orders(world: World) -> None:
    once(build_quarter, world)

    def orders(person: Person, text: str) -> list[str]:
        groups = palette(person, text, TODAY)
        return [
            entry.label for group in groups if group.label == "Orders" for entry in group.entries
        ]

    assert orders(world.dana, "a1") == ["A1"]
    assert orders(world.dana, "A") == []
    assert orders(world.priya, "A1") == []


def test_kinds_that_nobody_registered_are_ignored(db: None) -> None:
    actions.index(kind="no such kind", ids=[1, 2])
    findable.changed("no such kind", [1])
    assert not SearchDocument.objects.exists()


def _draft(world: World) -> PlanVersion:
    source = SELLER.replace("plan: seller", "plan: canary")
    source = re.sub(r"^name: .*$", "name: Kanarienplan", source, count=1, flags=re.MULTILINE)
    return plans.create_plan(source=source, effective_from=FROM, by=world.dana, at=NOW)


@pytest.mark.parametrize("text", ["訂單明", "订单明"])
def test_pages_are_found_in_either_script(world: World, text: str) -> None:
    with translation.override("zh-hant"):
        groups = palette(world.dana, text, TODAY)
        assert "訂單明細" in [entry.label for group in groups for entry in group.entries]
