"""Making records one, lists, sequences, mail to many, forms, hours and links: for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paceline.api.document import document
from paceline.crm import actions as crm
from paceline.crm.models import Company, Contact, CustomField, Lead, Merge, SavedView, Tag
from paceline.goals.models import Goal
from paceline.kernel import jobs
from paceline.leads.models import WebForm
from paceline.live.models import LiveEvent, Progress
from paceline.mail import actions as mail
from paceline.mail.models import Mail, Mailing
from paceline.notifications.models import Notification
from paceline.sequences.models import Enrolment, Sequence, Start
from paceline.webhooks import actions as webhooks
from paceline.webhooks.kinds import kinds
from paceline.webhooks.models import Message
from tests.api.calling import Program, program_for
from tests.api.company import MARK, mark_lists
from tests.boards.conftest import make_work
from tests.crm.conftest import Sales, make_sales
from tests.goals.conftest import make_aims
from tests.keeping import once
from tests.world import World, sign_in

STRANGERS = ("omar", "sofia", "dana", "ada")


@pytest.fixture
def sales(world: World) -> Sales:
    return once(make_sales, world)


@pytest.fixture
def marco(world: World) -> Program:
    return program_for(world.marco)


@pytest.fixture
def priya(world: World) -> Program:
    return program_for(world.priya)


def done(program: Program, method: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = program.ask(method, path, body, **headers)
    assert answer.status_code == 200, (path, answer.content.decode())
    return answer.json()


def refused(program: Program, method: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = program.ask(method, path, body, **headers)
    assert answer.status_code >= 400, (path, answer.content.decode())
    return answer.status_code, answer.json()["code"]


def set_server(world: World) -> None:
    facts = {
        "host": "127.0.0.1", "port": 2525, "security": "none", "per_hour": 3600,
        "from_address": "sales@paceline.test", "from_name": "Paceline",
    }  # fmt: skip
    mail.set_server(facts=facts, by=world.ada, at=world.now)


def customers(world: World, *names: str) -> list[Contact]:
    told: dict[str, Any] = {"team": world.north, "owner": world.priya, "by": world.priya}
    return [
        crm.add_contact(
            facts={"name": name}, points=[crm.Point("email", f"{name}@example.com")],
            at=world.now, **told,
        )
        for name in names
    ]  # fmt: skip


def test_records_become_one_and_several_again(
    world: World, sales: Sales, priya: Program, marco: Program
) -> None:
    one, two = customers(world, "ming", "ming2")
    seen = [{"id": each.pk, "version": each.version} for each in (one, two)]
    sent = {"kind": "contact", "survivor": one.pk, "records": seen, "choices": {"name": two.pk}}
    omar = program_for(world.omar)
    assert refused(omar, "POST", "/merges", sent) == (422, "invalid")
    assert refused(program_for(world.erik), "POST", "/merges", sent) == (403, "forbidden")
    for wrong in ({"survivor": 10**9}, {"choices": {"nothing": one.pk}}, {"records": seen[:1]}):
        assert refused(priya, "POST", "/merges", sent | wrong)[0] == 422, wrong
    crm.change(record=two, facts={"title": "Buyer"}, by=world.marco, at=world.now)
    assert refused(priya, "POST", "/merges", sent) == (412, "changed_since")
    assert not Merge.objects.exists()
    seen[1]["version"] += 1
    made = done(priya, "POST", "/merges", sent)
    assert (made["survivor"], made["merged"], made["by"]) == (one.pk, [two.pk], "E001")
    assert priya.get(f"/contacts/{one.pk}").json()["name"] == "ming2"
    assert priya.get(f"/contacts/{two.pk}").status_code == 404
    assert [row["id"] for row in priya.rows("/merges?kind=contact")] == [made["id"]]
    assert omar.rows("/merges") == []
    path = f"/merges/{made['id']}"
    assert refused(omar, "POST", f"{path}/undo") == (404, "not_found")
    assert done(priya, "POST", f"{path}/undo")["undone_at"]
    assert refused(priya, "POST", f"{path}/undo") == (409, "conflict")
    assert priya.get(f"/contacts/{two.pk}").json()["name"] == "ming2"
    assert priya.get(path).json()["merged"] == [two.pk]
    # Deals: only of one pipeline, and other shares only by whoever may agree on them.
    told: dict[str, Any] = {"by": world.priya, "at": world.now}
    first, second = (
        crm.add_deal(pipeline=sales.north, facts={"title": title}, owner=world.priya, **told)
        for title in ("a", "b")
    )
    read = [{"id": each.pk, "version": each.version} for each in (first, second)]
    deals = {"kind": "deal", "survivor": first.pk, "choices": {}, "records": read}
    merged = done(priya, "POST", "/merges", deals)
    assert done(priya, "POST", f"/merges/{merged['id']}/undo")["undone_at"]
    # Pairs that were found.
    crm.find_duplicates(kind="contact", by=world.priya, at=world.now)
    pairs = priya.rows("/duplicates?kind=contact")
    assert omar.rows("/duplicates") == []
    for pair in pairs:
        path = f"/duplicates/{pair['id']}/separation"
        assert refused(omar, "POST", path) == (404, "not_found")
        done(priya, "POST", path)
    assert priya.rows("/duplicates") == []


def test_fields_tags_and_views(world: World, sales: Sales, priya: Program, marco: Program) -> None:
    sent = {"team": "north", "of": "company", "label": "Grade", "kind": "choice",
            "options": ["A", "B"]}  # fmt: skip
    assert refused(priya, "POST", "/custom-fields", sent) == (403, "forbidden")
    assert refused(marco, "POST", "/custom-fields", sent | {"team": "south"}) == (403, "forbidden")
    made = marco.ask("POST", "/custom-fields", sent)
    path = f"/custom-fields/{made.json()['id']}"
    assert refused(marco, "POST", "/custom-fields", sent) == (409, "conflict")
    assert refused(marco, "POST", "/custom-fields", sent | {"label": "x", "options": []})[0] == 409
    renamed = {"label": "Class", "options": ["A", "B", "C"], "is_required": True}
    assert done(marco, "PUT", path, renamed, If_Match=made["ETag"])["options"] == ["A", "B", "C"]
    assert refused(marco, "PUT", path, renamed, If_Match=made["ETag"]) == (412, "changed_since")
    assert priya.get(path).json()["label"] == "Class"
    assert program_for(world.omar).get(path).status_code == 404
    assert CustomField.objects.get().label == "Class"
    # Tags
    tags = f"/companies/{sales.company.pk}/tags"
    assert done(priya, "PUT", tags, {"tags": ["vip", " tea "]})["tags"] == ["tea", "vip"]
    assert done(priya, "PUT", tags, {"tags": ["VIP"]})["tags"] == ["vip"]
    assert {row["name"] for row in priya.rows("/tags?team=north")} == {"tea", "vip"}
    assert program_for(world.omar).rows("/tags") == []
    assert refused(program_for(world.omar), "PUT", tags, {"tags": ["x"]}) == (404, "not_found")
    assert refused(program_for(world.erik), "PUT", tags, {"tags": ["x"]}) == (403, "forbidden")
    assert refused(priya, "PUT", tags, {"tags": ["x" * 41]}) == (422, "invalid")
    assert Tag.objects.count() == 2
    # Views
    view = {
        "of": "company",
        "name": "Mine",
        "choices": {"companies-is-owner": "1"},
        "team": "north",
    }
    assert refused(priya, "POST", "/saved-views", view | {"team": "south"}) == (422, "invalid")
    kept = done(priya, "POST", "/saved-views", view)
    assert done(priya, "POST", "/saved-views", view | {"choices": {}})["id"] == kept["id"]
    assert [row["name"] for row in marco.rows("/saved-views?of=company")] == ["Mine"]
    path = f"/saved-views/{kept['id']}"
    assert refused(marco, "POST", f"{path}/removal") == (403, "forbidden")
    assert program_for(world.omar).get(path).status_code == 404
    assert done(priya, "POST", f"{path}/removal")["name"] == "Mine"
    assert not SavedView.objects.exists()


STEPS = {
    "steps": [
        {"act": "call", "days": 2, "texts": {"en": {"subject": "Ask {name}"}}},
        {"act": "chat", "days": 3, "counting": "days", "whom": "lead",
         "texts": {"zh-Hant": {"subject": "寄出保養指南"}}},
    ],
    "stops": ["replied"],
}  # fmt: skip


def test_a_sequence_is_arranged_begun_and_stopped(
    world: World, sales: Sales, priya: Program, marco: Program
) -> None:
    sent = {"team": "north", "of": "contact", "name": "After buying"}
    assert refused(priya, "POST", "/sequences", sent) == (403, "forbidden")
    assert refused(marco, "POST", "/sequences", sent | {"team": "south"}) == (403, "forbidden")
    made = marco.ask("POST", "/sequences", sent)
    path = f"/sequences/{made.json()['id']}"
    assert (made.json()["is_on"], made.json()["version"], made.json()["steps"]) == (False, None, [])
    assert refused(marco, "POST", "/sequences", sent) == (409, "conflict")
    assert refused(marco, "PUT", f"{path}/state", {"on": True}) == (409, "conflict")
    wrong: tuple[dict[str, Any], ...] = (
        {"act": "mail"},
        {"act": "call", "whom": "person", "person": "E003"},
        {"act": "fly"},
    )
    for step in wrong:
        assert refused(marco, "PUT", f"{path}/steps", {"steps": [step]}) == (422, "invalid"), step
    assert refused(marco, "PUT", f"{path}/steps", {"steps": [{"act": "call"}]})[0] == 409
    told = done(marco, "PUT", f"{path}/steps", STEPS, If_Match=made["ETag"])
    assert [(one["act"], one["key"], one["whom"]) for one in told["steps"]] == [
        ("call", 1, "owner"), ("chat", 2, "lead"),
    ]  # fmt: skip
    assert refused(marco, "PUT", f"{path}/steps", STEPS, If_Match=made["ETag"])[0] == 412
    assert done(marco, "PUT", f"{path}/state", {"on": True})["is_on"]
    assert done(marco, "PATCH", path, {"per_day": 7, "again_days": 30})["per_day"] == 7
    _with_customers(world, priya, told["id"])
    assert refused(priya, "POST", f"{path}/retirement") == (403, "forbidden")
    assert not done(marco, "POST", f"{path}/retirement")["is_on"]
    assert marco.get(path).status_code == 404
    assert Sequence.objects.get().retired_at is not None


def _with_customers(world: World, priya: Program, sequence: int) -> None:
    """Begun with one and with many, followed, stopped and taken back."""
    one, two, three = customers(world, "ming", "hua", "mei")
    begin = {"sequence": sequence, "record": one.pk}
    for name in STRANGERS:
        stranger = program_for(getattr(world, name))
        assert refused(stranger, "POST", "/enrolments", begin)[0] in {403, 422}, name
        assert stranger.rows("/sequences") == []
        assert stranger.rows("/enrolments") == []
    assert refused(program_for(world.erik), "POST", "/enrolments", begin)[0] == 403
    begun = done(priya, "POST", "/enrolments", begin)
    assert (begun["contact"], begun["cause"], begun["next_step"], begun["started_by"]) == (
        one.pk, "hand", 1, "E001",
    )  # fmt: skip
    assert refused(priya, "POST", "/enrolments", begin) == (409, "conflict")
    way = f"/enrolments/{begun['id']}"
    assert [row["what"] for row in priya.rows(f"{way}/trace")] == ["started"]
    assert program_for(world.omar).get(way).status_code == 404
    assert done(priya, "POST", f"{way}/end")["ended_why"] == "hand"
    assert priya.rows(f"/enrolments?sequence={sequence}&running=true") == []
    # With many, by a job, and taken back
    many = {"sequence": sequence, "records": [one.pk, two.pk, three.pk, 10**9]}
    start = done(priya, "POST", "/sequence-starts", many)
    jobs.run_waiting()
    far = priya.get(f"/sequence-starts/{start['id']}").json()
    assert (far["begun"], far["skipped"], far["done"]) == (3, {"gone": 1}, 4)
    assert program_for(world.marco).get(f"/sequence-starts/{start['id']}").status_code == 404
    done(priya, "POST", f"/sequence-starts/{start['id']}/undo")
    assert refused(priya, "POST", f"/sequence-starts/{start['id']}/undo")[0] == 409
    assert Enrolment.objects.count() == 1
    segment = done(priya, "POST", "/segments", {"name": "All", "of": "contact", "rule": {}})
    whole = {"sequence": sequence, "segment": segment["id"]}
    assert done(priya, "POST", "/sequence-starts", whole)["count"] == 4
    assert refused(priya, "POST", "/sequence-starts", {"sequence": sequence})[0] == 422
    asked = []
    for limit in (1, 200):
        with CaptureQueriesContext(connection) as queries:
            assert priya.get(f"/enrolments?limit={limit}").status_code == 200
            assert priya.get(f"/sequences?limit={limit}").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 24, asked
    assert Start.objects.count() == 2


def test_mail_to_many_is_drafted_looked_at_and_sent(
    world: World, sales: Sales, priya: Program, marco: Program
) -> None:
    one, two = customers(world, "ming", "hua")
    silent = crm.add_contact(team=world.north, facts={"name": "Silent"}, by=world.priya,
                             at=world.now, owner=world.priya)  # fmt: skip
    texts = {"en": {"subject": "Hello {name}", "body": "From {me}."}}
    template = mail.add_template(team=world.north, name="Care", is_offer=False, texts=texts,
                                 by=world.marco, at=world.now)  # fmt: skip
    sent = {"of": "contact", "records": [one.pk, two.pk, silent.pk, one.pk]}
    assert refused(program_for(world.dana), "POST", "/mailings", sent) == (403, "forbidden")
    made = done(priya, "POST", "/mailings", sent)
    assert (made["count"], made["begun_at"]) == (3, None)
    path = f"/mailings/{made['id']}"
    look = priya.get(f"{path}/preview?template={template.pk}").json()
    assert (look["reached"], look["skipped"]) == (2, {"no_address": 1})
    assert look["mails"][0] == {
        "to": "ming@example.com", "subject": "Hello ming", "text": "From Priya Nair.",
        "language": "en",
    }  # fmt: skip
    assert priya.get(f"{path}/preview?template=999999").status_code == 422
    assert marco.get(path).status_code == 404
    chosen = {"template": template.pk}
    assert refused(priya, "POST", f"{path}/sending", chosen) == (409, "conflict")  # no server
    set_server(world)
    assert refused(program_for(world.omar), "POST", f"{path}/sending", chosen)[0] == 404
    assert refused(priya, "POST", f"{path}/cancellation") == (409, "conflict")
    assert done(priya, "POST", f"{path}/sending", chosen)["template"] == template.pk
    assert refused(priya, "POST", f"{path}/sending", chosen) == (409, "conflict")
    done(priya, "POST", f"{path}/cancellation")
    assert Progress.objects.get(pk=Mailing.objects.get().progress_id).cancel_requested_at
    again = done(priya, "POST", "/mailings", sent)
    done(priya, "POST", f"/mailings/{again['id']}/sending", chosen)
    mail.run_mailing(mailing=Mailing.objects.get(pk=again["id"]), at=world.now)
    far = priya.get(f"/mailings/{again['id']}").json()
    assert (far["written"], far["skipped"], far["done"]) == (2, {"no_address": 1}, 3)
    assert {one.to_address for one in Mail.objects.filter(mailing=again["id"])} == {
        "ming@example.com", "hua@example.com",
    }  # fmt: skip


def test_forms_and_hours(world: World, sales: Sales, priya: Program, marco: Program) -> None:
    fields = [{"name": "name", "is_required": True}, {"name": "email"}]
    sent = {"team": "north", "name": "Shop", "languages": ["en", "zh-Hant"], "fields": fields,
            "origins": ["https://shop.example.com"]}  # fmt: skip
    assert refused(priya, "POST", "/web-forms", sent) == (403, "forbidden")
    for wrong in (
        {"fields": fields[:1]}, {"fields": [*fields, fields[0]]}, {"fields": [{"name": "rank"}]},
        {"origins": ["javascript:alert(1)"]}, {"work_bits": 99}, {"source": "nowhere"},
    ):  # fmt: skip
        assert refused(marco, "POST", "/web-forms", sent | wrong) == (422, "invalid"), wrong
    made = marco.ask("POST", "/web-forms", sent)
    assert made.status_code == 200, made.content
    path = f"/web-forms/{made.json()['id']}"
    assert program_for(world.omar).get(path).status_code == 404
    facts = {key: value for key, value in sent.items() if key != "team"} | {"work_bits": 14}
    assert done(marco, "PUT", path, facts, If_Match=made["ETag"])["work_bits"] == 14
    assert refused(marco, "PUT", path, facts, If_Match=made["ETag"]) == (412, "changed_since")
    agreed = {"texts": {"en": "Write to me."}, "channel": "email"}
    assert refused(marco, "PUT", f"{path}/consent", agreed) == (422, "invalid")
    told = done(marco, "PUT", f"{path}/consent", agreed | {"purpose": "News"})
    assert told["consent"]["version"] == 1
    assert done(marco, "PUT", f"{path}/consent", agreed | {"texts": {}})["consent"] is None
    assert done(marco, "PUT", f"{path}/state", {"is_closed": True})["is_closed"]
    assert WebForm.objects.get().closed_at is not None
    assert priya.rows("/submissions") == []
    # Hours
    week = [[[540, 720], [780, 1080]]] * 5 + [[], []]
    team = f"/working-hours/teams/{world.north.pk}"
    said = {"week": week, "time_zone": "Asia/Taipei", "closed_on": ["2026-10-10"]}
    assert priya.get(team).json()["is_stated"] is False
    assert refused(priya, "PUT", team, said) == (403, "forbidden")
    assert refused(program_for(world.omar), "GET", team) == (404, "not_found")
    for wrong in (
        {"week": week[:6]},
        {"week": [[[720, 540]]] * 7},
        {"week": [[[1]]] * 7},
        {"time_zone": "Mars"},
    ):
        assert refused(marco, "PUT", team, said | wrong) == (422, "invalid"), wrong
    assert done(marco, "PUT", team, said)["week"] == week
    tag = priya.get("/working-hours/mine")["ETag"]
    own = done(priya, "PUT", "/working-hours/mine", {"week": [[]] * 7}, If_Match=tag)
    assert (own["week"], own["is_stated"]) == ([[]] * 7, True)
    stale = priya.ask("PUT", "/working-hours/mine", {"week": week}, If_Match=tag)
    assert stale.status_code == 412
    assert refused(program_for(world.dana), "GET", "/working-hours/mine") == (403, "forbidden")


def test_goals_are_moved_closed_and_worked_for(world: World, sales: Sales, priya: Program) -> None:
    aims = make_aims(world)
    mine = aims.priya
    path = f"/goals/{mine.pk}"
    omar = program_for(world.omar)
    card = make_work(world).card
    link = {"card": card.pk, "kind": "goal", "to": mine.pk}
    assert refused(omar, "POST", "/card-links", link)[0] in {403, 422}
    made = done(priya, "POST", "/card-links", link)
    assert [row["goal"] for row in priya.rows(f"/card-links?goal={mine.pk}")] == [mine.pk]
    assert done(priya, "POST", f"/card-links/{made['id']}/removal")["card"] == card.pk
    assert priya.rows(f"/card-links?card={card.pk}&goal={mine.pk}") == []
    tag = priya.get(path)["ETag"]
    moved = done(priya, "PUT", f"{path}/place", {"parent": None}, If_Match=tag)
    assert moved["parent"] is None
    assert refused(priya, "PUT", f"{path}/place", {"parent": 10**9}) == (422, "invalid")
    assert refused(omar, "PUT", f"{path}/place", {"parent": None})[0] in {403, 404}
    assert refused(omar, "POST", f"{path}/closing", {"value": "3"})[0] in {403, 404}
    assert refused(priya, "POST", f"{path}/closing", {})[0] in {409, 422}
    assert refused(priya, "POST", f"{path}/closing", {"is_dropped": True}) == (422, "invalid")
    assert done(priya, "POST", f"{path}/closing", {"value": "3"})["is_closed"]
    assert refused(priya, "POST", f"{path}/closing", {"value": "3"})[0] in {403, 409}
    assert Goal.objects.get(pk=mine.pk).closed_at is not None


def test_leads_and_companies_too(world: World, sales: Sales, priya: Program) -> None:
    told: dict[str, Any] = {"team": world.north, "owner": world.priya, "by": world.priya}
    lead: Lead = crm.add_lead(facts={"name": "Ivy"}, at=world.now, **told)
    assert done(priya, "PUT", f"/leads/{lead.pk}/tags", {"tags": ["hot"]})["tags"] == ["hot"]
    assert done(priya, "PUT", f"/contacts/{sales.contact.pk}/tags", {"tags": []})["tags"] == []
    assert done(priya, "PUT", f"/deals/{sales.deal.pk}/tags", {"tags": ["big"]})["tags"] == ["big"]
    assert Company.objects.filter(taggings__isnull=False).count() == 0


def test_a_canary_of_another_team_is_in_nobody_elses_bytes(
    world: World, sales: Sales, priya: Program, django_capture_on_commit_callbacks: Any
) -> None:
    """Every list and the search of programs, pages and their files, live, messages, mail."""
    endpoint = webhooks.add_endpoint(
        url="https://books.example.com", description="", by=world.ada, at=world.now,
        kinds=[name for name, _word in kinds()],
    )[0]  # fmt: skip
    told: dict[str, Any] = {"owner": world.omar, "by": world.omar, "at": world.now}
    point = [crm.Point("email", f"{MARK}@example.com")]
    company = crm.add_company(team=world.south, facts={"name": MARK}, points=point, **told)
    facts = {"name": MARK, "company": company}
    contact = crm.add_contact(team=world.south, facts=facts, points=point, **told)
    crm.add_lead(team=world.south, facts={"name": MARK, "message": MARK}, points=point, **told)
    crm.add_deal(pipeline=sales.south, facts={"title": MARK, "contact": contact}, **told)
    with django_capture_on_commit_callbacks(execute=True):
        mark_lists(world, company)
        crm.change(record=contact, facts={"title": MARK}, by=world.omar, at=world.now)
    assert LiveEvent.objects.filter(topic=f"contact:{contact.pk}").exists()
    lists = [path for path, methods in document()["paths"].items()
             if "get" in methods and "{" not in path]  # fmt: skip
    asked = {"/answers": "?measure=deals_won&over=month&span=this_year", "/search": f"?q={MARK}"}
    pages = [reverse(f"crm:{name}") for name in ("companies", "contacts", "leads", "deals")]
    pages += [reverse("sequences:list"), reverse("leads:forms"), reverse("mail:templates")]
    pages += [f"{reverse('crm:companies')}?companies-export={kind}" for kind in ("csv", "xlsx")]
    assert MARK in program_for(world.omar).get("/companies").content.decode()
    seen = 0
    for name in ("priya", "marco", "dana", "ada"):
        program, browser = program_for(world.cast[name]), sign_in(world.cast[name])
        for path in lists:
            answer = program.get(path.removeprefix("/api/v1") + asked.get(path, ""))
            assert MARK not in answer.content.decode(), (name, path)
            seen += answer.status_code == 200
        for page in pages:
            found = browser.get(page)
            body = b"".join(found.streaming_content) if found.streaming else found.content
            assert MARK.encode() not in body, (name, page)
    assert seen > 3 * len(lists) // 2
    # Hints of open pages, messages to other systems and to people hold ids and names of fields.
    rows = [*LiveEvent.objects.values_list("topic", "kind", "ref")]
    rows += [*Message.objects.filter(endpoint=endpoint).values_list("kind", "body", "endpoint")]
    others = Notification.objects.exclude(recipient__in=[world.omar.pk, world.sofia.pk])
    rows += [*others.values_list("kind", "params", "url")]
    assert MARK not in str(rows)
    assert Message.objects.exists()
    # Whoever guesses ids writes to nobody, and is not told their names or addresses.
    texts = {"en": {"subject": "Hello {name}", "body": "x"}}
    template = mail.add_template(team=world.north, name="Care", is_offer=False, texts=texts,
                                 by=world.marco, at=world.now)  # fmt: skip
    set_server(world)
    made = done(priya, "POST", "/mailings", {"of": "contact", "records": [contact.pk]})
    path = f"/mailings/{made['id']}"
    look = priya.get(f"{path}/preview?template={template.pk}").json()
    assert (look["reached"], look["skipped"], look["mails"]) == (0, {"gone": 1}, [])
    done(priya, "POST", f"{path}/sending", {"template": template.pk})
    mail.run_mailing(mailing=Mailing.objects.get(pk=made["id"]), at=world.now)
    assert not Mail.objects.exists()
    for method, where, sent in (
        ("POST", "/mails", {"record_kind": "contact", "record": contact.pk, "text": "x"}),
        ("PUT", f"/contacts/{contact.pk}/tags", {"tags": ["x"]}),
        ("POST", "/merges", {"kind": "company", "survivor": company.pk, "records": [
            {"id": company.pk, "version": 1}, {"id": sales.company.pk, "version": 1}]}),
    ):  # fmt: skip
        answer = priya.ask(method, where, sent)
        assert answer.status_code in {404, 422}, where
        assert MARK not in answer.content.decode(), where
