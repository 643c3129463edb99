"""Who may ask for which address of pay. Priya's statement is released; Marco leads her."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from paceline.incentives.actions import holds, payroll, threads
from paceline.incentives.models import Run
from tests.incentives.pay.conftest import PERIOD, Quarter, build_quarter, write_line
from tests.incentives.pay.settling import DRAW, build_months
from tests.permission_table import EVERYONE, Url
from tests.world import World

COMPENSATION = {"dana", "wen"}
DESK = COMPENSATION | {"ines"}
RUN_READERS = DESK | {"erik"}
THEIRS = DESK | {"priya", "marco", "erik"}
EXPORT = UUID("5ed3d66e-7b0e-4ae5-bf2c-47b0a1f8a8c6")
OF_RUN: dict[str, int] = {**dict.fromkeys(RUN_READERS, 403), "*": 404}
OF_STATEMENT: dict[str, int] = {**dict.fromkeys(THEIRS, 403), "*": 404}


def sends(values: dict[str, Any]) -> Callable[[World], dict[str, Any]]:
    return lambda _world: values


def calculated(world: World) -> tuple[Quarter, Run]:
    quarter = build_quarter(world)
    return quarter, quarter.run()


def run(world: World) -> dict[str, Any]:
    return {"pk": calculated(world)[1].pk}


def released(world: World) -> dict[str, Any]:
    quarter, made = calculated(world)
    return {"pk": quarter.release(made, "priya")[0].pk}


def rerun(world: World) -> dict[str, Any]:
    """Two runs with one more order between them."""
    quarter = calculated(world)[0]
    write_line("A9", world.priya, date(2026, 6, 1), "1000.00")
    return {"pk": quarter.release(quarter.run(), "priya")[0].pk}


def component(world: World) -> dict[str, Any]:
    quarter, made = calculated(world)
    statement = quarter.release(made, "priya")[0]
    return {"pk": statement.pk, "component_pk": statement.components.get().pk}


def tier(world: World) -> dict[str, Any]:
    return component(world) | {"tier": 2}


def thread(world: World) -> dict[str, Any]:
    quarter, made = calculated(world)
    asked = threads.ask_about_line(
        component=quarter.release(made, "priya")[0].components.get(),
        line_id="shop/A2/1",
        body="Why?",
        by=world.priya,
        at=world.now,
    )
    return {"pk": asked.pk}


def period(world: World) -> dict[str, Any]:
    quarter, made = calculated(world)
    quarter.release(made, "priya")
    return {"key": PERIOD}


def export(world: World) -> dict[str, Any]:
    quarter, made = calculated(world)
    quarter.release(made, "priya")
    payroll.export_payroll(period=quarter.period, export_id=EXPORT, by=world.ines, at=world.now)
    return {"export_id": EXPORT}


def csv_file(world: World) -> dict[str, Any]:
    return export(world) | {"kind": "csv"}


def settled_run(world: World) -> dict[str, Any]:
    months = build_months(world, DRAW)
    return {"pk": months.settled("2026-04").pk}


def settled_statement(world: World) -> dict[str, Any]:
    """Released and paid, with a way from earned to paid below what was earned."""
    months = build_months(world, DRAW)
    run = months.settled("2026-04")
    months.pay(run)
    return {"pk": months.statement(run).pk}


def hold(world: World) -> dict[str, Any]:
    placed = holds.place_hold(
        payee=world.priya, reason="dispute", note="Asked.", by=world.dana, at=world.now
    )
    return {"pk": placed.pk}


def hold_of_priya(world: World) -> dict[str, Any]:
    return {"payee": str(world.priya.pk), "reason": "dispute", "note": "Asked."}


URLS = {
    "incentives:periods": Url(allow={"GET": RUN_READERS}),
    "incentives:run-create": Url(allow={"POST": COMPENSATION}, data=sends({"period": PERIOD})),
    "incentives:run": Url(args=run, allow={"GET": RUN_READERS}),
    "incentives:run-inputs": Url(args=run, allow={"GET": RUN_READERS}),
    "incentives:run-finalise": Url(args=run, allow={"POST": {"ines"}}),
    "incentives:release-create": Url(
        args=run, allow={"POST": COMPENSATION}, hidden=OF_RUN, data=sends({"all": "1"})
    ),
    "incentives:settlement": Url(
        args=settled_run, allow={"GET": RUN_READERS, "POST": COMPENSATION}
    ),
    "incentives:settlement-short": Url(args=settled_run, allow={"GET": RUN_READERS}),
    "incentives:holds": Url(allow={"GET": DESK}),
    "incentives:hold-create": Url(
        allow={"GET": COMPENSATION, "POST": COMPENSATION}, data=hold_of_priya
    ),
    "incentives:hold": Url(args=hold, allow={"GET": DESK}),
    "incentives:hold-release": Url(
        args=hold, allow={"POST": {"ines"}}, data=sends({"reason": "Signed."})
    ),
    "incentives:terms": Url(allow={"GET": DESK}),
    "incentives:terms-of": Url(args=lambda _world: {"name": "base_pay"}, allow={"GET": DESK}),
    "incentives:term-set": Url(
        args=lambda _world: {"name": "base_pay"},
        allow={"GET": COMPENSATION, "POST": COMPENSATION},
        data=sends({"amount": "1"}),
    ),
    "incentives:balances": Url(allow={"GET": DESK}),
    "incentives:statements": Url(allow={"GET": EVERYONE}),
    "incentives:statement": Url(args=settled_statement, allow={"GET": THEIRS}, hidden=OF_STATEMENT),
    "incentives:statement-traces": Url(args=released, allow={"GET": THEIRS}, hidden=OF_STATEMENT),
    "incentives:statement-pdf": Url(args=released, allow={"GET": THEIRS}, hidden=OF_STATEMENT),
    "incentives:statement-changes": Url(args=rerun, allow={"GET": THEIRS}, hidden=OF_STATEMENT),
    "incentives:statement-what-if": Url(
        args=released,
        allow={"GET": THEIRS},
        hidden=OF_STATEMENT,
    ),
    "incentives:release-destroy": Url(
        args=released,
        allow={"POST": COMPENSATION},
        hidden=OF_STATEMENT,
        data=sends({"reason": "Too early"}),
    ),
    "incentives:statement-lines": Url(args=tier, allow={"GET": THEIRS}, hidden=OF_STATEMENT),
    "incentives:thread-create": Url(
        args=component,
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden=OF_STATEMENT,
        data=sends({"line": "shop/A2/1", "body": "Why?"}),
    ),
    "incentives:threads": Url(allow={"GET": EVERYONE}),
    "incentives:thread": Url(args=thread, allow={"GET": DESK | {"priya"}}, hidden=404),
    "incentives:thread-comment": Url(
        args=thread,
        allow={"POST": DESK | {"priya"}},
        hidden=404,
        data=sends({"body": "Because."}),
    ),
    "incentives:thread-resolve": Url(args=thread, allow={"POST": DESK | {"priya"}}, hidden=404),
    "incentives:thread-reopen": Url(args=thread, allow={"POST": DESK | {"priya"}}, hidden=404),
    "incentives:payroll": Url(allow={"GET": DESK}),
    "incentives:payroll-preview": Url(args=period, allow={"GET": DESK}),
    "incentives:payroll-create": Url(
        args=period, allow={"POST": {"ines"}}, data=sends({"export_id": str(EXPORT)})
    ),
    "incentives:payroll-file": Url(args=export, allow={"GET": DESK}),
    "incentives:payroll-download": Url(args=csv_file, allow={"GET": DESK}),
}
