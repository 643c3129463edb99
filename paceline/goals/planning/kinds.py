"""Agreed amounts of plans of quotas from files: what was worked out in a spreadsheet."""

from __future__ import annotations

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from paceline.goals.planning import access, actions, queries
from paceline.goals.planning.models import QuotaPlan, QuotaShare
from paceline.imports import checking
from paceline.imports.actions import staging
from paceline.imports.actions.staging import Target
from paceline.imports.kinds import PAYEE_NAMES, Changes, Check, Commit, Field, FieldType, ImportKind

FIELDS = (
    Field(
        "plan",
        _("Plan of quotas"),
        required=True,
        max_length=120,
        aliases=("quota plan", "plan", "配額計畫", "配額計劃", "配额计划", "Plano"),
        hint=_("Its name."),
        example="2027",
    ),
    Field(
        "payee",
        _("Payee"),
        FieldType.PERSON,
        required=True,
        aliases=PAYEE_NAMES,
        hint=_("Employee number, e-mail address or name."),
        example="E-17",
    ),
    Field(
        "amount",
        _("Agreed amount"),
        FieldType.DECIMAL,
        required=True,
        aliases=("agreed", "quota", "amount", "target", "議定金額", "议定金额", "配額", "配额", "Quote", "Meta"),
        example="1200000",
    ),
)  # fmt: skip
TARGET = Target(
    table="planning_agreedquota",
    key=("plan_id", "person_id"),
    values=("amount",),
    before="",
    records="""
        SELECT row, plan_id, payee_id AS person_id, amount
        FROM accepted ORDER BY plan_id, payee_id
    """,
    only="replaced_by_id IS NULL",
)


def check_agreed(check: Check) -> None:
    plans = {plan.name: plan for plan in QuotaPlan.objects.all()}
    checking.look_up(
        check, "plan", {name: plan.pk for name, plan in plans.items()}, "quota_plan_unknown"
    )
    asked: list[tuple[int, int]] = []
    closed: list[int] = []
    for plan in plans.values():
        version = queries.current_version(plan)
        if version is None or not queries.is_open(queries.last_step(version)):
            closed.append(plan.pk)
            continue
        shares = QuotaShare.objects.filter(version=version).values_list("person_id", flat=True)
        asked += [(plan.pk, person) for person in shares]
    checking.register_rows(check, "asked", asked, plan_id=pa.int64(), payee_id=pa.int64())
    checking.register_rows(check, "closed", [(pk,) for pk in closed], plan_id=pa.int64())
    named = "json_object('plan', left(plan, 120))"
    checking.add_problem(
        check,
        f"SELECT row, 'plan', 'quota_plan_closed', {named}, 'error'"  # noqa: S608 - our own columns
        " FROM lines SEMI JOIN closed USING (plan_id)",
    )
    checking.add_problem(
        check,
        f"SELECT row, 'payee', 'quota_plan_asks_nobody', {named}, 'error'"  # noqa: S608 - our own columns
        " FROM lines ANTI JOIN asked USING (plan_id, payee_id)"
        " WHERE plan_id IS NOT NULL AND payee_id IS NOT NULL"
        " AND plan_id NOT IN (SELECT plan_id FROM closed)",
    )
    checking.add_problem(
        check,
        "SELECT row, 'amount', 'negative_quota', json_object('value', amount_text), 'error'"
        " FROM lines WHERE amount < 0",
    )
    checking.refuse_repeats(check, ("plan_id", "payee_id"))


def match_agreed(check: Check) -> Changes:
    staging.stage(TARGET, check)
    return staging.match(TARGET)


def apply_agreed(_check: Check, changes: Changes, commit: Commit) -> Changes:
    actions.write_agreed(changes, commit)
    return changes


AGREED_QUOTAS = ImportKind(
    key="agreed_quotas",
    label=_("Agreed quotas"),
    purpose=_("What was settled on for each payee of a plan of quotas."),
    fields=FIELDS,
    may_import=access.may_agree,
    check=check_agreed,
    match=match_agreed,
    apply=apply_agreed,
    undo=actions.undo_agreed,
    lock=actions.lock_agreed,
    icon="target-arrow",
    sum_field="amount",
    order=33,
)
