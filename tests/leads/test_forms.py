"""Web forms: what visitors send becomes a lead or belongs to a contact, machines wait in
quarantine, and the open address gives nothing away."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.crm import actions as crm
from paceline.crm.models import Activity, Consent, CustomField, FieldKind, Lead
from paceline.leads import actions, sent
from paceline.leads.models import ConsentText, Inquiry, Submission, SubmissionState, WebForm
from paceline.leads.sent import Given
from tests.leads.conftest import Desk
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
SITE = "https://shop.example.com"


def make_form(world: World, **facts: Any) -> WebForm:
    fields = [
        {"name": "name", "is_required": True, "labels": {"zh-Hant": "您的姓名"}},
        {"name": "email", "is_required": True},
        {"name": "interest", "is_required": False, "options": ["耳機", "喇叭"]},
        {"name": "message", "is_required": False},
    ]
    form = actions.add_form(
        team=world.north, name="Wholesale", languages=["zh-Hant", "en"], fields=fields,
        by=world.marco, at=NOW,
    )  # fmt: skip
    return actions.change_form(
        form=form, facts={"origins": [SITE], **facts}, by=world.marco, at=NOW
    )


def opened(form: WebForm, nonce: str = "n1", seconds: int = 60) -> str:
    return sent.token(form.key, nonce, timezone.now() - timedelta(seconds=seconds))


def body(form: WebForm, nonce: str = "n1", **more: Any) -> dict[str, Any]:
    fields = {"name": "陳小姐", "email": "ivy@example.com", "interest": "耳機", "message": "500?"}
    return {"fields": fields | more.pop("fields", {}), "token": opened(form, nonce),
            "language": "zh-Hant", **more}  # fmt: skip


def post(form: WebForm, sent_: Any, **headers: str) -> Any:
    given = sent_ if isinstance(sent_, str) else json.dumps(sent_)
    return Client().post(
        reverse("leads:public_form", args=[form.key]), given, "application/json", headers=headers
    )


def test_a_form_becomes_a_lead_with_consent(world: World, desk: Desk) -> None:
    form = make_form(world)
    text = actions.set_consent_text(
        form=form, texts={"zh-Hant": "我同意收到優惠。"}, channel="email", purpose="Offers",
        is_required=False, by=world.marco, at=NOW,
    )  # fmt: skip
    again = actions.set_consent_text(
        form=form, texts={"zh-Hant": "我同意收到優惠。"}, channel="email", purpose="Offers",
        is_required=False, by=world.marco, at=NOW,
    )  # fmt: skip
    assert text == again, "the same words are the same version"
    actions.set_consent_text(
        form=form, texts={"zh-Hant": "我同意每週收到優惠。"}, channel="email", purpose="Offers",
        is_required=False, by=world.marco, at=NOW,
    )  # fmt: skip
    answer = post(form, body(form, consent=True), origin=SITE)
    assert (answer.status_code, answer.json()) == (200, {"told": "謝謝您，我們會盡快回覆。"})
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    lead = Lead.objects.get()
    assert (lead.name, lead.interest, lead.source, lead.languages, lead.message) == (
        "陳小姐", "耳機", "form", ["zh-Hant"], "500?",
    )  # fmt: skip
    assert lead.owner == world.priya, "given by rules at once"
    assert Inquiry.objects.get().lead == lead
    consent = lead.consents.get()
    assert (consent.purpose, consent.source) == ("Offers", "Wholesale, 2 (zh-Hant)")
    kept = Submission.objects.get()
    assert (kept.state, kept.values, kept.consent_text.version) == (SubmissionState.TAKEN, {}, 2)
    assert "ivy" not in kept.content_digest + kept.address_digest
    # The same once more has no effect; another question of the same lead stands in its timeline.
    assert post(form, body(form, "n2")).status_code == 200
    assert (Lead.objects.count(), Submission.objects.get().repeats) == (1, 1)
    assert post(form, body(form, "n3", fields={"message": "And 600?"})).status_code == 200
    assert Lead.objects.count() == 1
    assert "And 600?" in Activity.objects.get(lead=lead).text
    assert Inquiry.objects.count() == 1, "it still waits for the first reply"


def test_a_known_contact_is_recognised(world: World, desk: Desk) -> None:
    form = make_form(world)
    contact = crm.add_contact(
        team=world.north, facts={"name": "Ivy"}, owner=desk.nina, by=desk.nina, at=NOW,
        points=[crm.Point("email", "IVY@example.com")],
    )  # fmt: skip
    foreign = crm.add_contact(
        team=world.south, facts={"name": "Canary"}, owner=world.omar, by=world.omar, at=NOW,
        points=[crm.Point("email", "other@example.com")],
    )  # fmt: skip
    assert post(form, body(form)).status_code == 200
    assert Lead.objects.count() == 0
    activity = Activity.objects.get()
    assert (activity.contact, activity.direction, activity.created_by) == (contact, "in", None)
    assert "您的姓名: 陳小姐" in activity.text
    assert Inquiry.objects.get().contact == contact
    # Another team's customer is nobody's business here: a lead of the form's own team.
    assert post(form, body(form, "n2", fields={"email": "other@example.com"})).status_code == 200
    assert Lead.objects.get().team == world.north
    assert not foreign.activities.exists()


def test_signs_of_a_machine_wait_in_quarantine(world: World, desk: Desk, client_for) -> None:
    form = make_form(world, work_bits=8)
    answer = next(str(n) for n in range(10**6) if sent.is_worked("good", str(n), 8))
    wrong = next(str(n) for n in range(10**6) if not sent.is_worked("good", str(n), 8))
    links = {"message": "https://a.example https://b.example www.c.example"}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        (body(form, "good", work=answer, website="x"), ["trap"]),
        (body(form) | {"token": ""}, ["no_token"]),
        (body(form) | {"token": opened(form)[:-1] + "?"}, ["bad_token"]),
        (body(form) | {"token": opened(form, "good", 1), "work": answer}, ["too_fast"]),
        (body(form) | {"token": opened(form, "good", 90_000), "work": answer}, ["stale"]),
        (body(form, "good") | {"token": opened(form, "good", 61), "work": wrong}, ["no_work"]),
        (body(form, fields=links) | {"token": opened(form, "good", 62), "work": answer},
         ["links"]),
    ]  # fmt: skip
    for number, (given, reasons) in enumerate(cases):
        given["fields"]["name"] = f"Person {number}"
        Submission.objects.update(at=timezone.now() - timedelta(hours=2))  # past the limits
        assert post(form, given).status_code == 200, "a machine is not told"
        held = Submission.objects.order_by("-pk")[0]
        assert (held.state, held.reasons) == (SubmissionState.HELD, reasons)
        assert held.values["name"] == f"Person {number}"
    assert Lead.objects.count() == 0
    used = body(form) | {"token": cases[6][0]["token"], "work": answer}
    Submission.objects.update(at=timezone.now() - timedelta(hours=2))
    post(form, used)
    assert Submission.objects.order_by("-pk")[0].reasons == ["used_token"]
    # A person looks at them.
    client: Client = client_for(world.priya)
    page = client.get(reverse("leads:held")).content.decode()
    assert "Person 3" in page
    assert "within three seconds" in page
    first, second = Submission.objects.order_by("pk")[:2]
    assert (
        client_for(world.omar).post(reverse("leads:decide", args=[first.pk, "release"])).status_code
        == 404
    )
    client.post(reverse("leads:decide", args=[first.pk, "release"]))
    client.post(reverse("leads:decide", args=[second.pk, "discard"]))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.values, first.decided_by) == ("released", {}, world.priya)
    assert (second.state, second.values) == ("discarded", {})
    assert Lead.objects.get().name == "Person 0"
    client.post(reverse("leads:decide", args=[second.pk, "release"]))
    assert Lead.objects.count() == 1, "what was decided stays so"
    assert actions.discard_old(at=timezone.now() + timedelta(days=31)) == 6
    assert not any(Submission.objects.values_list("values", flat=True))


def test_limits_and_refusals(world: World, desk: Desk) -> None:
    form = make_form(world)
    wrong = post(form, body(form, fields={"email": "no", "name": "", "interest": "x"}))
    assert wrong.status_code == 422
    assert {name: one["code"] for name, one in wrong.json()["errors"].items()} == {
        "name": "required", "email": "invalid", "interest": "unknown",
    }  # fmt: skip
    canary = "<script>canary</script>"
    for given in (
        post(form, "["), post(form, "[]"), post(form, json.dumps({"fields": []})),
        post(form, "x" * 40_000), post(form, body(form), origin="https://evil.example"),
        post(form, body(form, fields={"email": canary})),
    ):  # fmt: skip
        assert given.status_code in {400, 403, 413, 422}
        assert "canary" not in given.content.decode()
        assert "Access-Control-Allow-Origin" not in given.headers
    half = post(form, json.dumps(body(form, fields={"name": "\ud800", "message": "\udfff\x00x"})))
    assert half.json()["errors"]["name"]["code"] == "required"
    assert Submission.objects.count() == 0
    plain = Client(enforce_csrf_checks=True)
    url = reverse("leads:public_form", args=[form.key])
    page = plain.post(url, {"f-name": canary, "f-email": "no", "language": "en"})
    assert page.status_code == 415, "files and their like are not taken"
    page = plain.post(
        url, f"f-name={canary}&f-email=no&language=en", "application/x-www-form-urlencoded"
    )
    assert page.status_code == 422
    assert "canary" not in page.content.decode()
    assert "This cannot be right." in page.content.decode()
    good = f"f-name=Ivy&f-email=i%40x.tw&language=en&token={opened(form)}"
    page = plain.post(url, good, "application/x-www-form-urlencoded")
    assert (page.status_code, Lead.objects.count()) == (303, 1)
    assert "Thank you." in plain.get(page.headers["Location"]).content.decode()
    for n in range(4):
        post(form, body(form, f"n{n}", fields={"email": f"p{n}@example.com"}))
    limited = post(form, body(form, "n9", fields={"email": "p9@example.com"}))
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "600")
    told = limited.json()
    assert told["error"] == "too_often"
    assert told["text"].endswith("請十分鐘後再試。"), "the visitor reads words, in their language"
    english = post(form, body(form, "n8", language="en", fields={"email": "p8@example.com"}))
    assert english.json()["text"] == (
        "Too much was sent from here. Please try again in ten minutes."
    )
    assert Submission.objects.count() == 5
    # The page itself: our own style and scripts only, in a frame on the list only.
    shown = plain.get(url, headers={"accept-language": "zh-TW"})
    assert "frame-ancestors https://shop.example.com" in shown.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in shown.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in shown.headers
    assert "您的姓名" in shown.content.decode()
    near = plain.options(url, headers={"origin": SITE})
    assert (near.status_code, near.headers["Access-Control-Allow-Origin"]) == (204, SITE)
    assert "Access-Control-Allow-Origin" not in plain.options(
        url, headers={"origin": "https://e.com"}
    )
    made = plain.get(reverse("leads:public_token", args=[form.key]), headers={"origin": SITE})
    assert sent.opened_at(form.key, made.json()["token"]) is not None
    assert sent.opened_at("another", made.json()["token"]) is None
    assert plain.get(reverse("leads:public_script")).status_code == 200
    actions.close_form(form=form, is_closed=True, by=world.marco, at=NOW)
    assert plain.get(url).status_code == 404


def test_arranging_a_form(world: World, client_for, django_assert_max_num_queries) -> None:
    own = crm.add_custom_field(
        team=world.north, of="lead", label="Cups", kind=FieldKind.CHOICE, options=["10", "100"],
        by=world.marco, at=NOW,
    )  # fmt: skip
    client: Client = client_for(world.marco)
    new = {"name": "Fair", "team": world.north.pk, "languages": ["en", "zh-Hant"]}
    assert (
        client.post(reverse("leads:form_new"), {**new, "team": world.south.pk}).status_code == 422
    )
    assert client.post(reverse("leads:form_new"), new).status_code == 303
    form = WebForm.objects.get()
    url = reverse("leads:form", args=[form.pk])
    typed = {
        "name": "Fair", "source": "event", "languages": ["en", "zh-Hant"], "work_bits": "0",
        "consent_channel": "email", "consent_purpose": "", "origins": SITE, "interests": "",
        "asks-name": "required", "place-name": "1", f"asks-custom:{own.pk}": "asked",
        "text-en-title": "Meet us", "consent-en": "I agree.",
    }  # fmt: skip
    refused = client.post(url, typed).content.decode()
    assert "else nobody can answer" in refused
    assert "Say for what the consent is." in refused
    typed |= {"asks-email": "required", "place-email": "2", "consent_purpose": "News"}
    assert client.post(url, {**typed, "origins": "shop/x"}).status_code == 422
    assert client.post(url, typed).status_code == 303
    form.refresh_from_db()
    assert [one["name"] for one in form.fields] == ["name", "email", f"custom:{own.pk}"]
    assert ConsentText.objects.get().texts == {"en": "I agree."}
    with django_assert_max_num_queries(15):
        page = client.get(url).content.decode()
    assert "/leads/f/form.js" in page
    assert CustomField.objects.count() == 1
    given = Given(
        {"name": "Ivy", "email": "i@x.tw", f"custom:{own.pk}": "100"}, language="en",
        token=opened(form), consents=True,
    )  # fmt: skip
    actions.take_in(form=form, given=given, at=timezone.now())
    lead = Lead.objects.get()
    assert (lead.custom, lead.source) == ({own.key: "100"}, "event")
    with django_assert_max_num_queries(15):
        assert "1 taken in" in client.get(reverse("leads:forms")).content.decode()
    later = timezone.now() + timedelta(minutes=1)
    # Erasing the person takes what was sent along; that consent was given stays, without words.
    into = crm.convert_lead(lead=lead, into=crm.Into(), by=world.marco, at=later)
    held = Given({"name": "Ivy", "email": "I@x.tw", "message": "again"}, language="en")
    assert actions.take_in(form=form, given=held, at=later).values
    removed = crm.erase_contact(contact=into.contact, reason="asked", by=world.marco, at=later)
    assert removed.removed["submissions"] == 1
    assert not any(Submission.objects.values_list("values", flat=True))
    assert set(Consent.objects.values_list("source", flat=True)) == {""}
