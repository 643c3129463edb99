"""Who may ask for which address of pay. Priya's statement is released; Marco leads her."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from paceline.incentives.actions import holds, payroll, shortfalls, threads
from paceline.incentives.calculation.payments import payments_of
from paceline.incentives.models import PayPeriod, RateRow, Run, ShortfallTreatment
from paceline.incentives.queries.payroll import unpaid_releases
from tests.incentives.pay.conftest import PERIOD, Quarter, build_quarter, pay_by_hand, write_line
from tests.incentives.pay.settling import DRAW, Months, build_months
from tests.permission_table import EVERYONE, Grounded, Url
from tests.planning.permissions import planned
from tests.world import World

COMPENSATION = {"dana", "wen"}
DESK = COMPENSATION | {"ines"}
RUN_READERS = DESK | {"erik"}
THEIRS = DESK | {"priya", "marco", "erik"}
PLANNED_FOR = {"priya", "marco", "omar", "sofia"}
EXPORT = UUID("5ed3d66e-7b0e-4ae5-bf2c-47b0a1f8a8c6")
OF_RUN: dict[str, int] = {**dict.fromkeys(RUN_READERS, 403), "*": 404}
OF_STATEMENT: dict[str, int] = {**dict.fromkeys(THEIRS, 403), "*": 404}


def sends(values: dict[str, Any]) -> Callable[[World], dict[str, Any]]:
    return lambda _world: values


def calculated(world: World) -> tuple[Quarter, Run]:
    quarter = build_quarter(world)
    return quarter, quarter.run()


def previewed(_world: World) -> dict[str, Any]:
    """What the preview of the file sends."""
    releases = list(unpaid_releases(PayPeriod.objects.get(key=PERIOD)))
    return {"export_id": str(EXPORT), "seen": payroll.mark_of(payments_of(releases))}


Calculated = tuple[Quarter, Run]


def settled(world: World) -> tuple[Months, Run]:
    months = build_months(world, DRAW)
    return months, months.settled("2026-04")


def run(_world: World, found: Calculated) -> dict[str, Any]:
    return {"pk": found[1].pk}


def released(_world: World, found: Calculated) -> dict[str, Any]:
    quarter, made = found
    return {"pk": quarter.release(made, "priya")[0].pk}


def rerun(world: World, found: Calculated) -> dict[str, Any]:
    """Two runs with one more order between them."""
    quarter = found[0]
    write_line("A9", world.priya, date(2026, 6, 1), "1000.00")
    return {"pk": quarter.release(quarter.run(), "priya")[0].pk}


def component(_world: World, found: Calculated) -> dict[str, Any]:
    quarter, made = found
    statement = quarter.release(made, "priya")[0]
    return {"pk": statement.pk, "component_pk": statement.components.get().pk}


def tier(world: World, found: Calculated) -> dict[str, Any]:
    return component(world, found) | {"tier": 2}


def thread(world: World, found: Calculated) -> dict[str, Any]:
    quarter, made = found
    asked = threads.ask_about_line(
        component=quarter.release(made, "priya")[0].components.get(),
        line_id="shop/A2/1",
        body="Why?",
        by=world.priya,
        at=world.now,
    )
    return {"pk": asked.pk}


def period(_world: World, found: Calculated) -> dict[str, Any]:
    quarter, made = found
    quarter.release(made, "priya")
    return {"key": PERIOD}


def export(world: World, found: Calculated) -> dict[str, Any]:
    quarter, made = found
    quarter.release(made, "priya")
    payroll.export_payroll(period=quarter.period, export_id=EXPORT, by=world.ines, at=world.now)
    return {"export_id": EXPORT}


def carried(world: World, found: Calculated) -> dict[str, Any]:
    """Fifty below zero, carried from a file that was made."""
    quarter, made = found
    short = pay_by_hand(world, made, world.ada, "-50.00", "USD")
    shortfall = shortfalls.decide_shortfalls(
        period=quarter.period,
        releases=[short.pk],
        treatment=ShortfallTreatment.CARRY,
        reason="More came back than was sold.",
        by=world.dana,
        at=world.now,
    )[0]
    payroll.export_payroll(period=quarter.period, export_id=EXPORT, by=world.ines, at=world.now)
    return {"pk": shortfall.pk}


def csv_file(world: World, found: Calculated) -> dict[str, Any]:
    return export(world, found) | {"kind": "csv"}


def settled_run(_world: World, found: tuple[Months, Run]) -> dict[str, Any]:
    return {"pk": found[1].pk}


def settled_statement(_world: World, found: tuple[Months, Run]) -> dict[str, Any]:
    """Released and paid, with a way from earned to paid below what was earned."""
    months, run = found
    months.pay(run)
    return {"pk": months.statement(run).pk}


def hold(world: World) -> dict[str, Any]:
    placed = holds.place_hold(
        payee=world.priya, reason="dispute", note="Asked.", by=world.dana, at=world.now
    )
    return {"pk": placed.pk}


def hold_of_priya(world: World) -> dict[str, Any]:
    return {"payee": str(world.priya.pk), "reason": "dispute", "note": "Asked."}


def rate_row(_world: World) -> dict[str, Any]:
    RateRow.objects.create(
        rate_table="prices", keys="{}", starts_on=date(2026, 1, 1), above=0, rate=Decimal("0.01")
    )
    return {"name": "prices"}


def quota_effect(world: World) -> dict[str, Any]:
    build_quarter(world)
    return planned(world)


URLS = {
    "incentives:quota-effect": Url(
        args=quota_effect,
        allow={"GET": RUN_READERS | PLANNED_FOR, "POST": COMPENSATION},
        hidden={
            "*": 404,
            **dict.fromkeys({"ines", "erik", "priya", "marco", "omar", "sofia"}, 403),
        },
        data=sends({"run": "0"}),
    ),
    "incentives:periods": Url(allow={"GET": RUN_READERS}),
    "incentives:run-create": Url(allow={"POST": COMPENSATION}, data=sends({"period": PERIOD})),
    "incentives:run": Url(args=Grounded(calculated, run), allow={"GET": RUN_READERS}),
    "incentives:run-inputs": Url(args=Grounded(calculated, run), allow={"GET": RUN_READERS}),
    "incentives:run-finalise": Url(args=Grounded(calculated, run), allow={"POST": {"ines"}}),
    "incentives:release-create": Url(
        args=Grounded(calculated, run),
        allow={"POST": COMPENSATION},
        hidden=OF_RUN,
        data=sends({"all": "1"}),
    ),
    "incentives:settlement": Url(
        args=Grounded(settled, settled_run), allow={"GET": RUN_READERS, "POST": COMPENSATION}
    ),
    "incentives:settlement-short": Url(
        args=Grounded(settled, settled_run), allow={"GET": RUN_READERS}
    ),
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
    "incentives:rate-tables": Url(allow={"GET": DESK}),
    "incentives:rate-table": Url(args=rate_row, allow={"GET": DESK}),
    "incentives:term-set": Url(
        args=lambda _world: {"name": "base_pay"},
        allow={"GET": COMPENSATION, "POST": COMPENSATION},
        data=sends({"amount": "1"}),
    ),
    "incentives:balances": Url(allow={"GET": DESK}),
    "incentives:statements": Url(allow={"GET": EVERYONE}),
    "incentives:statement": Url(
        args=Grounded(settled, settled_statement), allow={"GET": THEIRS}, hidden=OF_STATEMENT
    ),
    "incentives:statement-traces": Url(
        args=Grounded(calculated, released), allow={"GET": THEIRS}, hidden=OF_STATEMENT
    ),
    "incentives:statement-pdf": Url(
        args=Grounded(calculated, released), allow={"GET": THEIRS}, hidden=OF_STATEMENT
    ),
    "incentives:statement-changes": Url(
        args=Grounded(calculated, rerun), allow={"GET": THEIRS}, hidden=OF_STATEMENT
    ),
    "incentives:statement-what-if": Url(
        args=Grounded(calculated, released),
        allow={"GET": THEIRS},
        hidden=OF_STATEMENT,
    ),
    "incentives:release-destroy": Url(
        args=Grounded(calculated, released),
        allow={"POST": COMPENSATION},
        hidden=OF_STATEMENT,
        data=sends({"reason": "Too early"}),
    ),
    "incentives:statement-lines": Url(
        args=Grounded(calculated, tier), allow={"GET": THEIRS}, hidden=OF_STATEMENT
    ),
    "incentives:thread-create": Url(
        args=Grounded(calculated, component),
        allow={"GET": {"priya"}, "POST": {"priya"}},
        hidden=OF_STATEMENT,
        data=sends({"line": "shop/A2/1", "body": "Why?"}),
    ),
    "incentives:threads": Url(allow={"GET": EVERYONE}),
    "incentives:thread": Url(
        args=Grounded(calculated, thread), allow={"GET": DESK | {"priya"}}, hidden=404
    ),
    "incentives:thread-comment": Url(
        args=Grounded(calculated, thread),
        allow={"POST": DESK | {"priya"}},
        hidden=404,
        data=sends({"body": "Because."}),
    ),
    "incentives:thread-resolve": Url(
        args=Grounded(calculated, thread), allow={"POST": DESK | {"priya"}}, hidden=404
    ),
    "incentives:thread-reopen": Url(
        args=Grounded(calculated, thread), allow={"POST": DESK | {"priya"}}, hidden=404
    ),
    "incentives:payroll": Url(allow={"GET": DESK}),
    "incentives:payroll-preview": Url(args=Grounded(calculated, period), allow={"GET": DESK}),
    "incentives:shortfall-decide": Url(
        args=Grounded(calculated, period),
        allow={"POST": COMPENSATION},
        data=previewed,
    ),
    "incentives:shortfall": Url(
        args=Grounded(calculated, carried),
        allow={"GET": COMPENSATION, "POST": COMPENSATION},
        data=sends({"left": "50.00", "ending": "written-off", "reason": "Left the company"}),
    ),
    "incentives:payroll-create": Url(
        args=Grounded(calculated, period),
        allow={"POST": {"ines"}},
        data=previewed,
    ),
    "incentives:payroll-file": Url(args=Grounded(calculated, export), allow={"GET": DESK}),
    "incentives:payroll-download": Url(args=Grounded(calculated, csv_file), allow={"GET": DESK}),
}
