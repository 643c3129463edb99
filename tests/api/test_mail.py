"""Templates, mails and segments by programs: of one's own teams, to customers' own addresses."""

from __future__ import annotations

from typing import Any

from paceline.mail.models import Mail, MailState
from tests.api.calling import program_for
from tests.mail.permissions import make_contact, make_server, make_template
from tests.world import World


def test_a_mail_is_written_from_a_template_and_read(world: World) -> None:
    contact = make_contact(world)
    priya, omar, erik = (program_for(one) for one in (world.priya, world.omar, world.erik))
    sent: dict[str, Any] = {
        "record_kind": "contact", "record": contact.pk, "subject": "Chairs", "text": "Hello",
    }  # fmt: skip
    assert priya.ask("POST", "/mails", sent).status_code == 409  # no server was set
    make_server(world)
    made = priya.ask("POST", "/mails", sent)
    assert made.status_code == 200, made.content
    found = made.json()
    assert (found["to_address"], found["state"], found["person"]) == (
        "ming@aurora.example", "queued", "E001",
    )  # fmt: skip
    template = make_template(world)
    news = {"record_kind": "contact", "record": contact.pk, "template": template.pk,
            "answers": found["id"]}  # fmt: skip
    second = priya.ask("POST", "/mails", news).json()
    assert (second["language"], second["subject"]) == ("zh-Hant", "王小明，新品")
    assert (second["thread"], second["template"]) == (found["id"], template.pk)
    wrong: tuple[dict[str, Any], ...] = (
        {"to": "else@where.example"}, {"record": 10**9}, {"text": " "}, {"template": 10**9},
        {"answers": 10**9},
    )  # fmt: skip
    for more in wrong:
        assert priya.ask("POST", "/mails", sent | more).status_code == 422, more
    assert omar.ask("POST", "/mails", sent).status_code == 422  # no such contact for him
    assert erik.ask("POST", "/mails", sent).status_code == 403
    assert Mail.objects.count() == 2
    Mail.objects.filter(pk=found["id"]).update(state=MailState.FAILED, problem="not_trusted")
    (failed,) = priya.rows("/mails?state=failed&flow=out")
    assert failed["problem"] == "The certificate of the server is not trusted."
    assert [one["id"] for one in priya.rows(f"/mails?contact={contact.pk}&limit=1")] == [
        found["id"], second["id"],
    ]  # fmt: skip
    assert omar.rows("/mails") == []
    assert omar.get(f"/mails/{found['id']}").status_code == 404


def test_templates_are_kept_by_the_lead(world: World) -> None:
    marco, priya, omar = (program_for(one) for one in (world.marco, world.priya, world.omar))
    words = {"en": {"subject": "Hi {name}", "body": "Hello"}}
    sent = {"team": "north", "name": "Hello", "is_offer": False, "texts": words}
    made = marco.ask("POST", "/mail-templates", sent)
    assert made.status_code == 200, made.content
    path = f"/mail-templates/{made.json()['id']}"
    assert priya.get(path).json()["texts"] == words
    assert omar.get(path).status_code == 404
    unknown = {"en": {"subject": "Hi {nose}", "body": "Hello"}}
    assert marco.ask("POST", "/mail-templates", sent | {"texts": unknown}).status_code == 422
    facts = {"name": "Hello again", "texts": words}
    assert priya.ask("PUT", path, facts).status_code == 403
    assert marco.ask("PUT", path, facts, If_Match=made["ETag"]).json()["name"] == "Hello again"
    assert marco.ask("PUT", path, facts, If_Match=made["ETag"]).status_code == 412
    assert marco.ask("POST", f"{path}/removal").status_code == 200
    assert priya.rows("/mail-templates") == []


def test_segments_are_rules_and_members_are_seen_by_each(world: World) -> None:
    contact = make_contact(world, country="TW")
    make_contact(world, "other@aurora.example", country="US")
    priya, marco, omar = (program_for(one) for one in (world.priya, world.marco, world.omar))
    sent: dict[str, Any] = {
        "of": "contact", "name": "Taiwan", "rule": {"country": ["TW"], "has_bought": False},
    }  # fmt: skip
    made = priya.ask("POST", "/segments", sent)
    assert made.status_code == 200, made.content
    path = f"/segments/{made.json()['id']}"
    assert [one["id"] for one in priya.rows(f"{path}/members")] == [contact.pk]
    assert marco.get(path).status_code == 404  # hers alone
    shared = {"name": "Taiwan", "team": "north", "rule": {"value_max": "10.50"}}
    changed = priya.ask("PUT", path, shared, If_Match=made["ETag"]).json()
    assert (changed["team"], changed["rule"]) == ("north", {"value_max": "10.5"})
    assert len(marco.rows(f"{path}/members")) == 2
    assert marco.ask("PUT", path, shared).status_code == 403
    assert omar.get(f"{path}/members").status_code == 404
    wrong: tuple[dict[str, Any], ...] = (
        {"rule": {"height": 3}}, {"rule": {"recency_min": 6}}, {"team": "south"},
        {"rule": {"country": "TW"}},
    )  # fmt: skip
    for more in wrong:
        assert priya.ask("PUT", path, shared | more).status_code == 422, more
    assert priya.ask("PUT", path, shared, If_Match=made["ETag"]).status_code == 412
    months = priya.rows("/cohorts?of=contact")
    assert (len(months), months[-1]["customers"], months[-1]["bought"][1:2]) == (12, 0, [None])
    assert priya.ask("POST", f"{path}/removal").status_code == 200
    assert priya.rows("/segments") == []
