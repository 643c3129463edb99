"""Texts that are too long, too deep or no plan at all, sent to the editor: told, and kept."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client

from paceline.incentives.calculation.documents import MAX_CHARACTERS
from paceline.incentives.models import PlanVersion
from tests.world import World

SignIn = Callable[..., Client]
RULE = "  - {{id: r{0}, kind: direct, when: 'category = \"c{0}\"'}}\n"


@pytest.fixture
def draft(world: World, client_for: SignIn) -> str:
    posted = {
        "name": "Ours", "code": "ours", "currency": "USD", "period": "month",
        "effective_from": "2027-01-01",
    }  # fmt: skip
    client = client_for(world.dana)
    return client.post("/incentives/plans/new/slice-commission", posted).headers["Location"]


def kept(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="source"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert found is not None
    return html.unescape(found[1])


def source() -> str:
    return PlanVersion.objects.get().source


def sent(client: Client, draft: str, text: str, op: str = "save") -> tuple[int, str]:
    version = PlanVersion.objects.get()
    answer = client.post(draft, {
        "source": text, "base": version.source, "effective_from": "2027-01-01",
        "lock_version": str(version.lock_version), "op": op,
    })  # fmt: skip
    return answer.status_code, answer.content.decode()


def rules() -> str:
    ten_thousand = "".join(map(RULE.format, range(10_000)))
    return source().replace("credits:\n", f"credits:\n{ten_thousand}", 1)


def of(formula: str) -> str:
    return source().replace("of: amount", f"of: {formula}", 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rules, "longer than 200,000 characters"),
        (lambda: of("amount + " * 120_000 + "amount"), "longer than 200,000 characters"),
        (lambda: of('"' + "(" * 900 + "amount" + ")" * 900 + '"'), "nested more than 16 levels"),
        (lambda: of("[" * 1000 + "]" * 1000), "nested deeper than"),
        (lambda: of("amount / 0"), "Write divide(a, b, otherwise)"),
        (lambda: of("amount * " + "9" * 40), "too many digits"),
        (lambda: of("if(ordered_on = 0000-01-01, amount, amount)"), "0000-01-01 is not a day"),
        (lambda: of("amount\n    window: {from: 0000-01-01, before: 2026-01-01}"), "is not a day"),
        (lambda: of("amountt"), "There is no column amountt"),
        (lambda: source().replace("rate: 2%", "rate: -2%"), "-2% is below zero"),
        (lambda: source().replace("rate: 2%", "rate: " + "9" * 40 + "%"), "is not a percentage"),
    ],
)
def test_what_cannot_be_a_plan_is_told_and_stays(
    draft: str, world: World, client_for: SignIn, text: Callable[[], str], said: str
) -> None:
    wrong, before = text(), source()
    assert wrong != before
    status, page = sent(client_for(world.dana), draft, wrong)
    assert status == 422
    assert said in html.unescape(page)
    assert kept(page) == wrong, "to the last character"
    assert source() == before


@pytest.mark.django_db
def test_components_in_a_circle_are_told_with_a_way_out(
    draft: str, world: World, client_for: SignIn
) -> None:
    circle = "components:\n" + "".join(
        f"  - {{id: {one}, name: X, kind: bonus, pays: {{formula: {other}.earned}}}}\n"
        for one, other in ("ab", "ba")
    )
    text = source().replace("components:\n", circle, 1)
    status, page = sent(client_for(world.dana), draft, text)
    assert status == 422
    assert "No component above earns money as b.earned" in page
    assert kept(page) == text


@pytest.mark.django_db
def test_as_long_a_text_as_a_plan_may_be_is_taken_in_any_script(
    draft: str, world: World, client_for: SignIn
) -> None:
    client = client_for(world.dana)
    assert 'enctype="multipart/form-data"' in client.get(draft).content.decode()
    start = source() + "# "
    text = start + "獎" * (MAX_CHARACTERS - len(start) - 1) + "\n"
    assert sent(client, draft, text)[0] == 303
    assert source() == text
    assert sent(client, draft, text + "# 獎\n")[0] == 422, "with both texts of that length"


@pytest.mark.django_db
def test_what_is_beyond_any_text_says_how_to_come_back_to_it(
    draft: str, world: World, client_for: SignIn
) -> None:
    status, page = sent(client_for(world.dana), draft, source() + "#" * 2_500_000)
    assert status == 413
    assert "what you wrote is still there when you go back" in page


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0000-01-01", "9999-12-31", "10000-01-01", "x" * 100_000])
def test_a_day_beyond_all_periods_is_told_and_the_text_stays(
    draft: str, world: World, client_for: SignIn, day: str
) -> None:
    version = PlanVersion.objects.get()
    posted = {
        "source": source() + "# mine\n", "base": source(), "effective_from": day,
        "lock_version": str(version.lock_version), "op": "save",
    }  # fmt: skip
    answer = client_for(world.dana).post(draft, posted)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"“{day[:20]}” is no day of the years 1800 to 2399" in page
    assert kept(page).endswith("# mine\n")
    assert "# mine" not in source()
