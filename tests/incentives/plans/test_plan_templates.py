"""The ready plans: each is a whole plan, and the engine earns what its example says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from paceline import engine
from paceline.incentives import pay_curves, plan_examples, plan_templates, wording
from paceline.incentives.calculation import documents
from paceline.incentives.models import PlanVersion
from paceline.incentives.plan_templates import PlanTemplate
from tests.engine.building import fill, tables_of
from tests.engine.settling import Payroll, paid
from tests.world import World

KEYS = tuple(plan_templates.templates())
LANGUAGES = {"en", "zh-Hant", "zh-Hans"}
PEOPLE = ("payee_id", "manager_id", "host_id", "specialist_id", "after_sales_id")
SignIn = Callable[..., Client]


@pytest.fixture(params=KEYS)
def template(request: pytest.FixtureRequest) -> PlanTemplate:
    return plan_templates.templates()[request.param]


def test_there_are_ready_plans_of_every_group() -> None:
    assert len(KEYS) >= 25
    assert len(set(KEYS)) == sum(len(group.templates) for group in plan_templates.groups())
    folders = {path.parent.name for path in plan_templates._FOLDER.glob("*/plan.yaml")}
    assert folders == set(KEYS), "every folder stands in groups.yaml once"
    assert all(set(group.texts) == LANGUAGES for group in plan_templates.groups())


def mechanisms(plan: documents.Plan) -> set[str]:
    """What of the language a plan uses, beyond tiers on the period's total."""
    found = {f"kind {one.kind}" for one in plan.components}
    found |= {f"unit {one.unit}" for one in plan.components}
    found |= {f"over {one.accumulation or plan.policies.accumulation}" for one in plan.components}
    found |= {f"window {one.window.kind}" for one in plan.measures if one.window}
    found |= {"named hierarchy" for one in plan.credits if one.hierarchy}
    for one in plan.components:
        rates, pool = one.rates, one.pool
        found |= {"kicker"} if one.multipliers else set()
        found |= {"shapley"} if pool is not None and pool.share is None else set()
        found |= {"dated tiers"} if rates is not None and rates.dated else set()
        found |= {"table of rates"} if rates is not None and rates.imported else set()
    if plan.settlement is not None:
        clauses = plan.settlement
        found |= {f"rules {clauses.rule_packs}"}
        found |= {f"clawback {one.on} {one.amount}" for one in clauses.clawbacks}
        found |= {"draw"} if clauses.draws else set()
        found |= {"guarantee"} if clauses.guarantees else set()
        found |= {part.on for payout in clauses.payouts for part in payout.parts}
    return found


def test_ready_plans_show_the_mechanisms_of_the_language() -> None:
    """docs/plan-language.md says which plan shows which."""
    plans = [one.plan for one in plan_templates.templates().values()]
    shown = set().union(*map(mechanisms, plans))
    assert shown >= {
        "named hierarchy", "kicker", "shapley", "dated tiers", "table of rates",
        "draw", "guarantee",
        "kind retention", "kind spiff", "kind contest", "kind pool", "kind override", "kind award",
        "unit points", "unit leave-days", "unit certificate",
        "over half-month", "over week", "over year", "over transaction",
        "window since-hire", "window rolling", "window campaign", "window year-before",
        "rules by-country", "clawback return full", "clawback return re-rated",
        "clawback churn pro-rata", "vesting", "cash", "booking",
    }  # fmt: skip
    least = [one for one in plan_templates.templates().values() if "min(" in one.source]
    greatest = [one for one in plan_templates.templates().values() if "max(" in one.source]
    assert least
    assert greatest


def test_it_is_a_whole_plan_in_three_languages(template: PlanTemplate) -> None:
    assert documents.check(template.source) == ()
    plan = template.plan
    assert plan.slug == template.key
    assert set(template.texts) == {"title", "summary", "suits", "rewards", "risk"}
    told = [*template.texts.values(), template.example.working, plan.name, plan.purpose]
    named = [*plan.components, *plan.credits, *plan.measures, *plan.quotas]
    told += [one.name if hasattr(one, "rates") else one.label for one in named]
    assert all(set(texts) == LANGUAGES and all(texts.values()) for texts in told)


def test_it_can_be_paid_in_other_currencies(template: PlanTemplate) -> None:
    for currency in ("USD", "TWD", "CNY", "KRW"):
        changed = documents.edit.set_value(template.source, ("currency",), currency)
        assert documents.check(changed) == ()
    assert template.plan.period in plan_templates.periods_of(template.key)


def typed(row: dict[str, str], attributes: Mapping[str, str]) -> dict[str, Any]:
    """A boolean column of a plan's own is written as a word, an amount as a number."""
    words = {"true": True, "false": False}
    numbers = {name for name, kind in attributes.items() if kind in {"money", "quantity"}}
    return {
        key: Decimal(value) if key in numbers else words.get(value, value)
        for key, value in row.items()
    }


def calculated(template: PlanTemplate) -> engine.Results:
    """The engine's results over the example's tables. Whoever they name is paid by the plan."""
    plan = template.plan
    tables = {
        name: [typed(dict(row), plan.attributes) for row in rows]
        for name, rows in template.example.tables.items()
    }
    teams = {row["team"] for row in tables.get("teams", [])}
    people = {
        row[key] for rows in tables.values() for row in rows for key in PEOPLE if key in row
    } - teams
    paid = tables.get("assignments") or [
        {"payee_id": name, "starts_on": "2024-01-01"} for name in sorted(people)
    ]
    tables["assignments"] = [{"plan": plan.slug, **row} for row in paid]
    filled = {name: fill(name, rows) for name, rows in tables.items()}
    period = engine.period_from_key(template.example.period)
    assert period.kind == plan.period
    return engine.calculate(plan, tables_of(filled, plan), period)


def test_its_example_is_what_the_engine_earns(template: PlanTemplate) -> None:
    results = calculated(template)
    earned: dict[str, dict[str, Decimal]] = {}
    for row in results.rows("earnings"):
        if row["earned"]:
            earned.setdefault(row["payee_id"], {})[row["component"]] = row["earned"]
    assert earned == template.example.earned
    for working in template.example.working.values():
        for amounts in earned.values():
            for amount in amounts.values():
                whole = amount == amount.to_integral_value()
                assert f"{amount:,.0f}" in working if whole else f"{amount:,.2f}" in working


def test_what_its_example_pays_is_what_the_engine_settles(template: PlanTemplate) -> None:
    """Period after period, each going on from what the one before left."""
    example = template.example
    assert bool(example.settled) == (template.plan.settlement is not None)
    assert set(example.settling) == (LANGUAGES if example.settled else set())
    payroll = Payroll()
    for one in example.settled:
        found = payroll.settle(template.plan, one.period, one.earned, one.tables)
        assert paid(found) == one.paid
        carried: dict[str, Decimal] = {}
        for row in found.rows("balances"):
            carried[row["payee_id"]] = carried.get(row["payee_id"], Decimal(0)) + row["amount"]
        assert carried == one.carried
    if example.settled:
        assert example.settled[0].earned == example.earned
        assert example.settled[0].period == example.period


@pytest.mark.django_db  # tables of rates are looked for among those that were brought in
def test_its_page_shows_every_figure_of_the_example(template: PlanTemplate) -> None:
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            tables = plan_examples.inputs_of(template)
            assert len(tables) == len(template.example.tables)
            assert len(plan_examples.results_of(template)) == sum(
                map(len, template.example.earned.values())
            )
            known = {*plan_examples.HEADS, "currency", "ends_before", "sold_on"}
            for rows in template.example.tables.values():
                assert {key for row in rows for key in row} <= known
            assert len(plan_examples.settled_of(template)) == sum(
                len(one.earned) for one in template.example.settled
            )
            pay_curves.previews(template.plan, plan_examples.quota_for(template))


@pytest.mark.django_db
def test_it_opens_in_the_editor_with_its_text_intact(
    template: PlanTemplate, world: World, client_for: SignIn
) -> None:
    client = client_for(world.dana)
    posted = {
        "name": "Ours", "code": "ours", "currency": template.plan.currency,
        "period": template.plan.period, "effective_from": "2027-01-01",
    }  # fmt: skip
    answer = client.post(f"/incentives/plans/new/{template.key}", posted)
    assert answer.status_code == 303
    version = PlanVersion.objects.get()
    assert version.effective_from == date(2027, 1, 1)
    assert documents.load(version.source).components == template.plan.components
    kept = [line for line in template.source.splitlines() if "#" in line]
    assert all(line in version.source for line in kept), "comments stay"
    draft = answer.headers["Location"]
    assert client.get(draft).status_code == 200
    assert client.get(draft.removesuffix("draft")).status_code == 200
    saved = {
        "source": version.source, "base": version.source, "effective_from": "2027-01-01",
        "lock_version": str(version.lock_version), "op": "save",
    }  # fmt: skip
    assert client.post(draft, saved).status_code == 303
    assert PlanVersion.objects.get().source == version.source


@pytest.mark.django_db
def test_the_picker_searches_and_filters(world: World, client_for: SignIn) -> None:
    client = client_for(world.dana)
    page = client.get("/incentives/plans/new").content.decode()
    assert all(f"/incentives/plans/new/{key}" in page for key in KEYS)
    found = client.get("/incentives/plans/new?q=margin").content.decode()
    assert "key-account-margin" in found
    assert "host-pool" not in found
    assert "host-pool" in client.get("/incentives/plans/new?q=直播主").content.decode()
    service = client.get("/incentives/plans/new?group=service").content.decode()
    assert "chat-kpi-card" in service
    assert "new/accelerator" not in service
    nothing = client.get("/incentives/plans/new?q=zeppelin").content.decode()
    assert "No ready plan says that." in nothing
    assert client.get("/incentives/plans/new/zeppelin").status_code == 404


def test_it_reads_aloud_whole(template: PlanTemplate) -> None:
    for language in ("en", "zh-hant", "zh-hans"):
        with translation.override(language):
            passages = wording.read_aloud(template.plan)
        clauses = [clause for passage in passages for clause in passage.clauses]
        assert all(clause.text and "%(" not in clause.text for clause in clauses)
        assert len({clause.path for clause in clauses}) == len(clauses)
