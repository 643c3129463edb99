"""Who may ask for which address of plans. Priya is paid by the plan; Marco leads her."""

from __future__ import annotations

from typing import Any

from paceline.incentives.actions import approvals, findings, plans
from paceline.incentives.actions.assignments import assign_plan
from paceline.incentives.actions.rewards import reward_goals
from paceline.incentives.calculation.findings import findings_of
from paceline.incentives.models import PlanVersion
from tests.incentives.plans.conftest import FROM, SOURCE
from tests.permission_table import EVERYONE, Url
from tests.world import World

WRITERS = {"dana", "wen"}
READERS = WRITERS | {"ines", "hana", "erik"}
THEIRS = READERS | {"priya", "marco"}
OF_PLAN: dict[str, int] = {**dict.fromkeys(THEIRS, 403), "*": 404}
OF_DRAFT: dict[str, int] = {**dict.fromkeys(WRITERS | {"ines"}, 403), "*": 404}


def written(world: World) -> PlanVersion:
    return plans.create_plan(source=SOURCE, effective_from=FROM, by=world.dana, at=world.now)


def draft(world: World) -> dict[str, Any]:
    version = written(world)
    return {"code": version.plan.code, "number": version.number}


def submitted(world: World) -> dict[str, Any]:
    version = written(world)
    approvals.submit_plan(version=version, by=world.dana, at=world.now)
    return {"code": version.plan.code, "number": version.number}


def approved(world: World) -> dict[str, Any]:
    place = submitted(world)
    version = PlanVersion.objects.get(plan__code=place["code"])
    approvals.approve_plan(version=version, digest=version.digest, by=world.ines, at=world.now)
    assign_plan(plan=version.plan, to=world.priya, starts_on=FROM, by=world.dana, at=world.now)
    return place


def reward(world: World) -> dict[str, Any]:
    """That a component rewards goals of a measure."""
    place = approved(world)
    version = PlanVersion.objects.get(plan__code=place["code"])
    component = version.outline["components"][0]["id"]
    row = reward_goals(
        plan=version.plan, component=component, measure="sales", by=world.dana, at=world.now
    )
    return {"pk": row.pk}


def found(world: World) -> dict[str, Any]:
    """A draft's bonus, which is all or nothing."""
    version = written(world)
    bonus = next(one for one in findings_of(version, world.today) if one.code == "bonus_cliff")
    return {"code": version.plan.code, "number": version.number, "key": bonus.key}


def accepted(world: World) -> dict[str, Any]:
    place = found(world)
    findings.accept_findings(
        version=PlanVersion.objects.get(), key=place["key"], alike=False, reason="Agreed",
        by=world.dana, at=world.now,
    )  # fmt: skip
    return place


def plan(world: World) -> dict[str, Any]:
    return {"code": approved(world)["code"]}


def assignment(world: World) -> dict[str, Any]:
    code = plan(world)["code"]
    row = PlanVersion.objects.get(plan__code=code).plan.assignments.get()
    return {"code": code, "pk": row.pk}


def editor_post(world: World) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "base": SOURCE,
        "effective_from": FROM.isoformat(),
        "lock_version": "1",
        "op": "save",
    }


def digest(world: World) -> dict[str, Any]:
    return {"digest": PlanVersion.objects.get().digest}


URLS: dict[str, Url] = {
    "incentives:my-plan": Url(allow={"GET": EVERYONE}),
    "incentives:my-plan-pdf": Url(allow={"GET": EVERYONE}),
    "incentives:goal-rewards": Url(allow={"GET": READERS, "POST": WRITERS}, data=lambda _world: {}),
    "incentives:goal-reward-remove": Url(args=reward, allow={"POST": WRITERS}, hidden=403),
    "incentives:plans": Url(allow={"GET": EVERYONE}),
    "incentives:plan-new": Url(allow={"GET": WRITERS}),
    "incentives:plan-begin": Url(
        args=lambda _world: {"key": "accelerator"},
        allow={"GET": WRITERS, "POST": WRITERS},
        data=lambda _world: {
            "name": "New",
            "code": "new-plan",
            "currency": "USD",
            "period": "quarter",
            "effective_from": "2026-10-01",
        },
    ),
    "incentives:plan": Url(args=plan, allow={"GET": THEIRS}, hidden=404),
    "incentives:plan-version-create": Url(
        args=plan,
        allow={"POST": WRITERS},
        hidden=OF_PLAN,
        data=lambda _world: {"effective_from": "2026-10-01"},
    ),
    "incentives:plan-assignments": Url(
        args=plan,
        allow={"GET": READERS, "POST": WRITERS},
        hidden=OF_PLAN,
        data=lambda world: {"team": world.south.pk, "starts_on": "2026-07-01"},
    ),
    "incentives:plan-assignment-end": Url(
        args=assignment,
        allow={"POST": WRITERS},
        hidden=OF_PLAN,
        data=lambda _world: {"last_day": "2026-09-30"},
    ),
    "incentives:plan-assignment-remove": Url(
        args=assignment,
        allow={"POST": WRITERS},
        hidden=OF_PLAN,
        data=lambda _world: {"reason": "Wrong plan"},
    ),
    "incentives:plan-version": Url(args=approved, allow={"GET": THEIRS}, hidden=404),
    "incentives:plan-source": Url(args=approved, allow={"GET": THEIRS}, hidden=404),
    "incentives:plan-draft": Url(
        args=draft,
        allow={"GET": WRITERS, "POST": WRITERS},
        hidden=OF_DRAFT,
        data=editor_post,
    ),
    "incentives:plan-draft-preview": Url(
        args=draft, allow={"POST": WRITERS}, hidden=OF_DRAFT, data=editor_post
    ),
    "incentives:plan-draft-discard": Url(
        args=draft,
        allow={"POST": WRITERS},
        hidden=OF_DRAFT,
        data=lambda _world: {"reason": "Begun twice"},
    ),
    "incentives:plan-finding-accept": Url(
        args=found,
        allow={"POST": WRITERS},
        hidden=OF_DRAFT,
        data=lambda _world: {"reason": "Agreed"},
    ),
    "incentives:plan-finding-reopen": Url(args=accepted, allow={"POST": WRITERS}, hidden=OF_DRAFT),
    "incentives:plan-finding-mend": Url(
        args=found,
        allow={"POST": WRITERS},
        hidden=OF_DRAFT,
        data=lambda _world: {"lock_version": "1"},
    ),
    "incentives:plan-submit": Url(args=draft, allow={"POST": WRITERS}, hidden=OF_DRAFT),
    "incentives:plan-withdraw": Url(args=submitted, allow={"POST": WRITERS}, hidden=OF_DRAFT),
    "incentives:plan-approve": Url(
        args=submitted, allow={"POST": {"ines"}}, hidden=OF_DRAFT, data=digest
    ),
    "incentives:plan-return": Url(
        args=submitted,
        allow={"POST": {"ines"}},
        hidden=OF_DRAFT,
        data=lambda _world: {"reason": "Too high"},
    ),
}
