"""From an order file to a released statement that explains itself, through the pages alone.

One company, three people's work: Dana imports, writes the plan, runs and releases; Ines approves,
closes the quarter and pays; Priya reads her statement and asks about it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from paceline.incentives.models import LineThread, PayrollExport, Plan, Release, Run
from paceline.orders.models import OrderLine
from paceline.org.models import Person
from tests.journeys.browsing import Browser
from tests.world import PASSWORD, TOTP_SECRET, World, code_of_now

pytestmark = pytest.mark.django_db

# Priya sells 12,000 against a quota of 10,000; Omar sells 4,000 against 8,000.
LINES = """\
訂單編號;項次;下單日期;員工編號;客戶;商品;類別;數量;金額;幣別
A-1;1;2026/04/03;{priya};Aster;蒸鍋;廚房;2;7.000,00;USD
A-1;2;2026/04/03;{priya};Aster;茶具;廚房;1;2.500,00;USD
A-2;1;2026/05/20;{priya};Birch;檯燈;家飾;3;2.500,00;USD
B-1;1;2026/06/30;{omar};Cedar;蒸鍋;廚房;1;4.000,00;USD
B-2;1;2026/06/11;nobody;Cedar;茶具;廚房;1;99,00;USD
"""
QUOTAS = "payee,period,quota,currency\n{priya},2026Q2,10000,USD\n{omar},2026Q2,8000,USD\n"


def sign_in(person: Person) -> Browser:
    """Through the sign-in page, with the password and the second factor."""
    user = person.user
    assert user is not None
    totp.TOTP.activate(user, TOTP_SECRET)
    browser = Browser(Client())
    browser.go("/").send("login", login=user.email, password=PASSWORD)
    if "authenticate" in browser.url:
        browser.send("authenticate", code=code_of_now())
    assert browser.url == "/", browser.url
    return browser


def prove(browser: Browser) -> Browser:
    """Money moves only after the password was given again; then the request goes on."""
    if "reauthenticate" in browser.url:
        browser.send("reauthenticate", password=PASSWORD)
    return browser


def upload(browser: Browser, kind: str, name: str, content: bytes) -> Browser:
    browser.go(f"/imports/new?kind={kind}")
    file = SimpleUploadedFile(name, content, "text/csv")
    return browser.send("/imports/new", kind=kind, file=file)


@pytest.fixture(autouse=True)
def _patience(settings: object) -> None:
    settings.ACCOUNT_RATE_LIMITS = False  # type: ignore[attr-defined]


def test_the_whole_walk(world: World, run_jobs: Callable[[], int]) -> None:
    dana, ines = sign_in(world.dana), sign_in(world.ines)
    import_lines(dana, world, run_jobs)
    import_quotas(dana, world, run_jobs)
    write_and_approve_a_plan(dana, ines, world)
    run = run_the_quarter(dana, run_jobs)
    read_a_statement(dana, run, world)
    omar = sign_in(world.omar)
    release_and_ask(dana, omar, run, world)
    close_and_pay(ines, run)
    switch_language(omar, run, world)


def import_lines(dana: Browser, world: World, run_jobs: Callable[[], int]) -> None:
    text = LINES.format(priya=world.priya.number, omar=world.omar.number)
    upload(dana, "order_lines", "訂單.csv", text.encode("big5")).see("Big5")
    dana.send("/mapping").see("nobody")
    assert OrderLine.objects.count() == 0, "a preview writes nothing"
    dana.send("/commit")
    assert run_jobs() == 1
    dana.go(dana.url).see("4")
    assert OrderLine.objects.count() == 4
    assert sum(OrderLine.objects.values_list("amount", flat=True)) == Decimal("16000.00")


def import_quotas(dana: Browser, world: World, run_jobs: Callable[[], int]) -> None:
    text = QUOTAS.format(priya=world.priya.number, omar=world.omar.number)
    upload(dana, "quotas", "quotas.csv", text.encode())
    dana.send("/mapping").send("/commit")
    assert run_jobs() == 1
    dana.go("/goals/quotas").see(world.priya.name, "10,000")


def write_and_approve_a_plan(dana: Browser, ines: Browser, world: World) -> None:
    dana.go("/incentives/plans/new").see("Commission by slices")
    dana.go("/incentives/plans/new/slice-commission").send(
        "/slice-commission",
        name="Sellers",
        code="sellers",
        currency="USD",
        period="quarter",
        effective_from="2026-04-01",
    )
    above_quota = next(
        name for name, held in dana.form("/draft").values.items() if held in (["4"], ["4%"])
    )
    dana.send("/draft", press="save", **{above_quota: "5%"}).see("Draft saved.")
    dana.go("/incentives/plans/sellers/assignments")
    dana.send("/assignments", position=world.seller.pk, starts_on="2026-04-01")
    page = "/incentives/plans/sellers/versions/1/"
    dana.go(page).send("/submission", note="For the second quarter")
    dana.go(page)
    assert "/approval" not in dana.html, "the author is never asked to approve"
    ines.go(page).send("/approval")
    assert Plan.objects.get(code="sellers").versions.get().state == "approved"


def run_the_quarter(dana: Browser, run_jobs: Callable[[], int]) -> Run:
    dana.go("/incentives/pay/").send("/pay/runs", period="2026Q2")
    assert run_jobs() == 1
    run = Run.objects.get()
    dana.go(f"/incentives/pay/runs/{run.pk}/").see("Priya Nair", "Omar Haddad", "380.00")
    return run


def read_a_statement(dana: Browser, run: Run, world: World) -> None:
    """Down from the total to the lines: 2 % of 10,000 and 5 % of the 2,000 above."""
    statement = run.statements.get(payee=world.priya)
    assert statement.earned == Decimal("300.00")
    dana.go(f"/incentives/statements/{statement.pk}/").see("300.00", "120%", "200.00", "100.00")
    dana.follow("/tiers/2").see("A-2", "100.00")
    pdf = dana.client.get(f"/incentives/statements/{statement.pk}/pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert b"".join(pdf).startswith(b"%PDF")


def release_and_ask(dana: Browser, omar: Browser, run: Run, world: World) -> None:
    statement = run.statements.get(payee=world.priya)
    page = f"/incentives/statements/{statement.pk}/"
    priya = sign_in(world.priya)
    assert priya.go(page).status == 404, "calculated is not yet shown"
    prove(dana.go(page).send("/releases")).see("1 statement released")
    assert Release.objects.get().statement == statement
    priya.go("/notifications/").see("2026").go(page).see("300.00")
    assert omar.go(page).status == 404, "another's statement does not exist"
    component = statement.components.get()
    priya.go(f"/incentives/statements/{statement.pk}/components/{component.pk}/questions")
    priya.send("/questions", body="Why is A-2 not paid at 5 % as a whole?")
    talk = f"/incentives/questions/{LineThread.objects.get().pk}/"
    dana.go("/incentives/questions/").see(world.priya.name).follow(talk)
    dana.send("/comments", body="Half of it lies below your quota.")
    dana.send("/resolution")
    priya.go("/notifications/").send("/notifications/read")
    priya.go("/incentives/questions/?show=all").follow(talk).see("Half of it lies below")


def close_and_pay(ines: Browser, run: Run) -> None:
    ines.go(f"/incentives/pay/runs/{run.pk}/").send("/finalisation")
    ines.go("/incentives/payroll/periods/2026Q2/").see("300.00")
    prove(ines.send("/exports")).see("300.00")
    export = PayrollExport.objects.get()
    file = ines.client.get(f"/incentives/payroll/{export.export_id}/csv")
    assert b"300.00" in b"".join(file)
    ines.go("/incentives/payroll/periods/2026Q2/")
    assert "/exports" not in ines.html, "what was handed over is not handed over again"


def switch_language(omar: Browser, run: Run, world: World) -> None:
    """Words, dates and the page's own language follow the reader."""
    assert 'lang="en' in omar.go("/").html
    omar.go("/account/preferences").send("/preferences", language="zh-hant")
    assert 'lang="zh-Hant' in omar.go("/").html
    world.omar.refresh_from_db()
    assert world.omar.user is not None
    assert world.omar.user.language == "zh-hant"
    assert (
        omar.go(f"/incentives/statements/{run.statements.get(payee=world.omar).pk}/").status == 404
    )
