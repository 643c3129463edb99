"""Plan pages through the browser's eyes: what each person sees, does, and is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paceline.goals.actions.quotas import Target, set_quota
from paceline.incentives.actions import plans
from paceline.incentives.actions.assignments import assign_plan
from paceline.incentives.calculation import documents
from paceline.incentives.models import Plan, PlanApproval, PlanAssignment, PlanVersion
from paceline.kernel.shell import PaletteEntry
from paceline.org.models import Person
from paceline.web.finder import find
from tests.incentives.plans.conftest import FROM, LATER, SOURCE, fresh
from tests.world import World

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
PLAN = "/incentives/plans/seller-commission/"
V1 = f"{PLAN}versions/1/"


def editor_post(version: PlanVersion, **changed: str) -> dict[str, str]:
    """What the editor sends when nothing was touched."""
    return {
        "source": version.source,
        "base": version.source,
        "effective_from": version.effective_from.isoformat(),
        "lock_version": str(version.lock_version),
        "op": "save",
        **changed,
    }


def test_a_plan_is_begun_from_a_ready_one(world: World, client_for: SignIn) -> None:
    client = client_for(world.dana)
    assert "Commission by slices" in client.get("/incentives/plans/new").content.decode()
    address = "/incentives/plans/new/slice-commission"
    page = client.get(address)
    assert "$2,800.00" in page.content.decode()
    posted = {
        "name": "Online sellers", "code": "online",
        "currency": "TWD", "period": "month", "effective_from": "2026-08-01",
    }  # fmt: skip
    answer = client.post(address, posted)
    version = PlanVersion.objects.get()
    assert answer.headers["Location"] == "/incentives/plans/online/versions/1/draft"
    wrong = client.post(address, posted | {"currency": "USX", "effective_from": "2026-08-15"})
    assert wrong.status_code == 422
    said = wrong.content.decode()
    for problem in (
        "Another plan has this code.",
        "“USX” is not a currency code such as USD.",
        "A version counts from the first day of a period, for example Aug 1, 2026.",
    ):
        assert problem in said
    assert PlanVersion.objects.get() == version
    assert (version.name, version.currency, version.period_kind) == (
        "Online sellers",
        "TWD",
        "month",
    )
    again = client.post(address, posted)
    assert (again.status_code, PlanVersion.objects.count()) == (422, 1)
    assert "Another plan has this code." in again.content.decode()
    late = client.post(address, {**posted, "code": "two", "effective_from": "2026-08-02"})
    assert "first day of a period, for example Aug 1, 2026" in late.content.decode()
    bad = client.post(address, {**posted, "code": "three", "currency": "XXQ"})
    assert "“XXQ” is not a currency code such as USD." in bad.content.decode()
    assert Plan.objects.count() == 1


def test_the_editor_saves_what_the_fields_say(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    client = client_for(world.dana)
    page = client.get(f"{V1}draft").content.decode()
    assert 'name="components.0.rates.tiers.1.rate" value="4%"' in page
    assert "What Commission pays" in page
    changed = {"components.0.rates.tiers.1.rate": "5%"}
    answer = client.post(f"{V1}draft", editor_post(draft, **changed))
    assert answer.status_code == 303
    assert fresh(draft).source == SOURCE.replace("rate: 4%", "rate: 5%")


def test_a_text_that_is_no_plan_stays_in_the_form(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    client = client_for(world.dana)
    broken = SOURCE.replace("from: 0%, rate: 2%", "from: 0%, to: 90%, rate: 2%")
    answer = client.post(f"{V1}draft", editor_post(draft, source=broken, base=broken))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing is said about the values between this tier and the next." in page
    assert "{from: 0%, to: 90%, rate: 2%}" in page
    place = broken[: broken.index("to: 90%")].count("\n") + 1
    assert f"line {place}" in page
    unreadable = client.post(f"{V1}draft", editor_post(draft, source="a: [", base="a: ["))
    assert "The form rests." in unreadable.content.decode()
    assert fresh(draft).source == SOURCE


def test_a_second_tab_is_shown_both_texts(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    mine = {"components.0.cap": "777.00"}
    client_for(world.wen).post(f"{V1}draft", editor_post(draft, **{"components.0.cap": "60000.00"}))
    client = client_for(world.dana)
    answer = client.post(f"{V1}draft", editor_post(draft, **mine))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "cap: 777.00" in page
    assert "cap: 60000.00" in page
    assert "林文心" in page
    assert "cap: 60000.00" in fresh(draft).source
    text = SOURCE.replace("cap: 50000.00", "cap: 777.00")
    over = editor_post(fresh(draft), source=text, base=text)
    going_on = client.post(f"{V1}draft", {**over, "op": "compare"})
    assert (going_on.status_code, fresh(draft).lock_version) == (200, 2)
    assert 'name="lock_version" value="2"' in going_on.content.decode()
    assert client.post(f"{V1}draft", over).status_code == 303
    assert fresh(draft).source == text


def test_the_preview_changes_the_parts_and_saves_nothing(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    client = client_for(world.dana)
    htmx = {"headers": {"HX-Request": "true"}}
    posted = editor_post(draft, op="", edited="fields", **{"components.0.cap": "1500.00"})
    parts = client.post(f"{V1}draft/preview", posted, **htmx).content.decode()
    assert "<html" not in parts
    assert "cap: 1500.00" in parts
    assert "$1,500.00" in parts
    posted = editor_post(draft, op="add components.0.rates.tiers tier")
    whole = client.post(f"{V1}draft/preview", posted, **htmx).content.decode()
    assert 'name="components.0.rates.tiers.2.from" value="150%"' in whole
    posted = editor_post(draft, op="", edited="text", source=SOURCE.replace("4%", "four"))
    parts = client.post(f"{V1}draft/preview", posted, **htmx).content.decode()
    assert "four is not a percentage" in parts
    assert "innerHTML:#plan-fields" in parts
    assert (fresh(draft).source, fresh(draft).lock_version) == (SOURCE, 1)


def test_a_huge_text_is_refused_and_nothing_stored(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    client = client_for(world.dana)
    long = SOURCE + "# x\n" * 110_000
    answer = client.post(f"{V1}draft", editor_post(draft, source=long, base=""))
    assert answer.status_code == 422
    assert f"longer than {documents.MAX_CHARACTERS} characters" in answer.content.decode()
    answer = client.post(f"{V1}draft", editor_post(draft, source="x" * 3_000_000))
    assert answer.status_code == 413
    # What nobody would write is said with its line, within a second, and stays in the form.
    rules = "".join(f"  - {{id: r{place}, kind: direct}}\n" for place in range(5_000))
    for old, new, told in (
        ("credits:\n", f"credits:\n{rules}", "more than 10,000 parts"),
        ("of: amount", f"of: {'(' * 999}amount", "nested more than 16 levels deep"),
        ("of: amount", f"of: {'amount + ' * 9_000}amount", "more than 4,000 characters"),
        ("of: amount", "of: destroy(amount)", "There is no function destroy."),
        ("of: amount", "of: divide(amount)", "divide takes 3 values, not 1."),
        ("rate: 2%", "rate: -2%", "below zero"),
        ("plan: seller-commission", f"plan: {'[' * 1_000}", "nested deeper than"),
        ("currency: USD", "currency: U\u2028SD", "U+2028"),
    ):
        text = SOURCE.replace(old, new, 1)
        assert text != SOURCE, old
        began = time.process_time()
        answer = client.post(f"{V1}draft", editor_post(draft, source=text, base=text))
        assert time.process_time() - began < 1, new[:20]
        page = answer.content.decode()
        assert (answer.status_code, told in page) == (422, True), f"{new[:20]}: {told}"
        assert "line " in page
    assert fresh(draft).source == SOURCE


def test_submit_approve_and_read(world: World, client_for: SignIn, draft: PlanVersion) -> None:
    dana, ines = client_for(world.dana), client_for(world.ines)
    assert dana.post(f"{V1}submission", {"note": "Please"}).status_code == 303
    assert dana.get(f"{V1}draft").headers["Location"] == V1
    assert dana.post(f"{V1}approval", {"digest": draft.digest}).status_code == 403
    page = ines.get(V1).content.decode()
    assert "Approve this version?" in page
    stale = ines.post(f"{V1}approval", {"digest": "other"})
    assert (stale.status_code, PlanApproval.objects.count()) == (409, 0)
    assert ines.post(f"{V1}approval", {"digest": draft.digest}).status_code == 303
    assert fresh(draft).approval.approved_by == world.ines
    again = ines.post(f"{V1}approval", {"digest": draft.digest})
    assert again.status_code == 409
    assert "Inês Duarte approved it already" in again.content.decode()
    assert "Approved" in dana.get(PLAN).content.decode()


def test_approval_asks_for_a_second_factor(
    world: World, client_for: SignIn, submitted: PlanVersion
) -> None:
    client = client_for(world.ines, second_factor=False)
    answer = client.post(f"{V1}approval", {"digest": submitted.digest})
    assert answer.status_code == 302
    assert not PlanApproval.objects.exists()


def test_a_text_is_sent_back(world: World, client_for: SignIn, submitted: PlanVersion) -> None:
    ines = client_for(world.ines)
    ines.post(f"{V1}return", {"reason": ""})
    assert fresh(submitted).state == "submitted"
    ines.post(f"{V1}return", {"reason": "The cap is too high"})
    assert fresh(submitted).state == "draft"
    assert "The cap is too high" in client_for(world.dana).get(V1).content.decode()


def test_versions_are_compared(world: World, client_for: SignIn, approved: PlanVersion) -> None:
    client = client_for(world.dana)
    answer = client.post(f"{PLAN}versions", {"effective_from": LATER.isoformat()})
    assert answer.headers["Location"] == f"{PLAN}versions/2/draft"
    second = PlanVersion.objects.get(number=2)
    client.post(f"{PLAN}versions/2/draft", editor_post(second, **{"components.0.cap": "60000.00"}))
    page = client.get(f"{PLAN}versions/2/").content.decode()
    assert "-     cap: 50000.00" in page
    assert "+     cap: 60000.00" in page


def test_a_payee_hears_their_own_plan_and_no_draft(
    world: World, client_for: SignIn, approved: PlanVersion
) -> None:
    client = client_for(world.priya)
    assert client.get(PLAN).status_code == 404
    assign_plan(plan=approved.plan, to=world.seller, starts_on=FROM, by=world.dana, at=world.now)
    page = client.get(PLAN).content.decode()
    assert "The part of “sales” above 100% of quota earns 4%, on that part only." in page
    assert 'id="clause-components-commission-rates-tiers-2"' in page
    assert "Whom it pays" not in page
    assert client.get(f"{PLAN}assignments").status_code == 403
    assert client.get(V1).status_code == 200
    plans.start_draft(plan=approved.plan, effective_from=LATER, by=world.dana, at=world.now)
    assert client.get(f"{PLAN}versions/2/").status_code == 404
    assert "Seller commission" in client.get("/incentives/plans/").content.decode()


def test_assignments_by_form(world: World, client_for: SignIn, approved: PlanVersion) -> None:
    client = client_for(world.dana)
    url = f"{PLAN}assignments"
    posted = {"position": world.seller.pk, "starts_on": "2026-07-01"}
    assert client.post(url, posted).status_code == 303
    clash = client.post(url, {**posted, "starts_on": "2026-09-01"})
    assert clash.status_code == 422
    assert "already pays Salesperson on some of these days: from Jul 1, 2026" in (
        clash.content.decode()
    )
    both = client.post(url, {**posted, "team": world.north.pk})
    assert "Choose one position, one team or one person." in both.content.decode()
    row = PlanAssignment.objects.get()
    client.post(f"{url}/{row.pk}/end", {"last_day": "2026-09-30"})
    row.refresh_from_db()
    assert row.ends_before == LATER
    assert "Priya Nair" in client.get(f"{url}?on=2026-09-30").content.decode()
    payees = client.get(f"{url}?on=2026-10-01", headers={"HX-Request": "true"}).content.decode()
    assert "Nobody on this day." in payees
    client.post(f"{url}/{row.pk}/removal", {"reason": ""})
    assert PlanAssignment.objects.count() == 1
    client.post(f"{url}/{row.pk}/removal", {"reason": "Wrong plan"})
    assert not PlanAssignment.objects.exists()


def test_a_plan_is_given_from_the_day_from_which_it_counts(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    version = draft
    version.effective_from = date(2199, 1, 1)
    version.save(update_fields=["effective_from"])
    page = client_for(world.dana).get(f"{PLAN}assignments").content.decode()
    assert 'name="starts_on" value="2199-01-01"' in page
    assert "The plan counts from Jan 1, 2199 on; before that it pays nothing." in page


@pytest.mark.parametrize(
    "url", ["/incentives/plans/", PLAN, V1, f"{V1}draft", f"{PLAN}assignments"]
)
def test_pages_ask_few_questions(
    world: World, client_for: SignIn, draft: PlanVersion, url: str
) -> None:
    for target in (world.seller, world.north, world.sofia):
        assign_plan(plan=draft.plan, to=target, starts_on=FROM, by=world.dana, at=world.now)
    for number in range(5):
        other = SOURCE.replace("plan: seller-commission", f"plan: other-{number}")
        plans.create_plan(source=other, effective_from=FROM, by=world.wen, at=world.now)
    client = client_for(world.dana)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    assert len(captured) <= 15, "\n".join(query["sql"][:150] for query in captured)


def test_a_draft_is_thrown_away_with_a_reason(
    world: World, client_for: SignIn, draft: PlanVersion
) -> None:
    client = client_for(world.wen)
    client.post(f"{V1}draft/removal", {"reason": ""})
    assert Plan.objects.count() == 1
    client.post(f"{V1}draft/removal", {"reason": "Begun twice"})
    assert not Plan.objects.exists()


def test_the_source_is_downloaded(world: World, client_for: SignIn, approved: PlanVersion) -> None:
    answer = client_for(world.erik).get(f"{V1}source")
    assert answer.content.decode() == SOURCE
    assert "seller-commission-v1.yaml" in answer.headers["Content-Disposition"]


def test_the_curve_takes_the_readers_own_quota(
    world: World, client_for: SignIn, approved: PlanVersion
) -> None:
    assign_plan(plan=approved.plan, to=world.priya, starts_on=FROM, by=world.dana, at=world.now)
    target = Target("sales", date(2026, 1, 1), date(2036, 1, 1), Decimal(250_000), "USD")
    set_quota(person=world.priya, target=target, reason="Set", by=world.dana, at=world.now)
    client = client_for(world.priya)
    page = client.get(PLAN).content.decode()
    assert "With your own quota." in page
    assert 'value="250000"' in page
    assert "$5,000.00" in page  # 2 % of exactly her quota
    tried = client.get(f"{PLAN}?quota=1,000", headers={"HX-Request": "true"}).content.decode()
    assert "$20.00" in tried
    assert "<html" not in tried
    assert 'value="250000"' not in client_for(world.marco).get(PLAN).content.decode()


def test_the_palette_finds_plans_by_every_name(world: World, approved: PlanVersion) -> None:
    def palette(person: Person, text: str) -> list[PaletteEntry]:
        groups = find(person, text, world.today)
        return [entry for group in groups if group.label == "Plans" for entry in group.entries]

    for words in ("seller", "業務", "业务", "提成", "COMMISSION", "comm"):
        [entry] = palette(world.dana, words)
        assert (entry.label, entry.url) == ("Seller commission", PLAN)
    assert palette(world.dana, "nothing") == []
    assert palette(world.omar, "seller") == []
