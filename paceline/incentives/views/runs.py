"""Runs: a run's summary, asking for one, making one final."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.accounts.verification import needs_mfa
from paceline.incentives import pay_words as words
from paceline.incentives.access import pay as access
from paceline.incentives.actions import runs as actions
from paceline.incentives.calculation.extract import LINES
from paceline.incentives.calculation.handover import passed_over
from paceline.incentives.calculation.periods import (
    PeriodUnknown,
    WeeksUnknown,
    calendar_period,
    keys_before,
)
from paceline.incentives.calculation.settling import has_to_settle, versions_of
from paceline.incentives.models import Run, Statement
from paceline.incentives.queries import runs as queries
from paceline.incentives.queries.statements import statements_of
from paceline.incentives.run_steps import steps_of
from paceline.kernel import formats
from paceline.kernel.charts import BarChart, Series
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.orders.actions import LinesAreBusy
from paceline.orders.queries import months_changed_since
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


@require_POST
@needs_mfa
def create(request: HttpRequest) -> HttpResponse:
    """Ask for a run; a second click leads to the run that is under way."""
    person: Person = request.person  # type: ignore[attr-defined]
    today: date = request.today  # type: ignore[attr-defined]
    if not access.may_request_run(person):
        raise PermissionDenied
    now = timezone.now()
    try:
        run = actions.request_run(
            period_key=request.POST.get("period", ""), by=person, at=now, on=today
        )
    except actions.RunUnderWay as under_way:
        messages.info(request, _("This period is being calculated already."))
        return go_to(request, reverse("incentives:run", args=[under_way.run.pk]))
    except (
        PeriodUnknown,
        actions.PeriodNotBegun,
        actions.PeriodClosed,
        actions.NoPlanForPeriod,
    ) as refusal:
        messages.error(request, _refusal(refusal))
        return go_to(request, reverse("incentives:periods"))
    return go_to(request, reverse("incentives:run", args=[run.pk]))


def _refusal(refusal: Exception) -> str:
    if isinstance(refusal, WeeksUnknown):
        text = _(
            "%(weeks)s weeks are no period of a year of weeks; the nearest has %(nearest)s. Months"
            " have 4, 5 or 6, quarters 13 or 14, half-years 26 or 27, years 52 or 53."
        )
        return text % {"weeks": refusal.weeks, "nearest": refusal.nearest}
    if isinstance(refusal, PeriodUnknown):
        return _("Name a period such as 2026Q2, 2026-06, 2026 or, of weeks, 2026-02-01W13.")
    if isinstance(refusal, actions.PeriodNotBegun):
        return _("This period has not begun yet.")
    if isinstance(refusal, actions.PeriodClosed):
        return _("This period is closed. Corrections go to the next open one.")
    if isinstance(refusal, actions.NoPlanForPeriod) and refusal.nearest:
        text = _("No plan pays this period to anybody. The nearest that plans pay: %(periods)s.")
        named = [f"{words.period_name(one)} · {one.key}" for one in refusal.nearest]
        return text % {"periods": formats.listed(named)}
    return _("No approved plan pays this period to anybody. Approve and assign one first.")


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A run: its progress while it works, then its summary and statements."""
    person = reader_of_runs(request)
    runs = list(queries.runs_beside(pk, person))
    run = next((one for one in runs if one.pk == pk), None)
    if run is None:
        raise Http404
    context: dict[str, Any] = {
        "run": run,
        "name": words.period_name(run.period),
        "topic": f"run:{run.pk}",
        "badge": _badge(run),
        "may_request": access.may_request_run(person),
        "runs": [(one, _badge(one)) for one in runs],
        "finalisation": next(
            (one.finalisation for one in runs if hasattr(one, "finalisation")), None
        ),
        "problem_groups": _problems(run),
        "failure": _failure(run),
        "is_starter": run.requested_by_id == person.pk,
    }
    if run.ended_at is None:
        return page(request, "incentives/runs/show.html", context, fragment="status")
    if run.computed_at is None:
        return _in_place_of_progress(request, page(request, "incentives/runs/show.html", context))
    table = statement_table(request, run, person)
    if table.wants_export:
        return table.export()
    context["settles"] = getattr(run, "was_settled", False) or has_to_settle(run)
    context |= _summary(run, runs, person, settles=context["settles"]) | {"table": table}
    context["steps"] = steps_of(
        run, person,
        settles=context["settles"] and not (context["paid_from"] or context["passed_over"]),
        unreleased=len(context["unreleased"]),
        closed=context["finalisation"],
    )  # fmt: skip
    return _in_place_of_progress(request, page(request, "incentives/runs/show.html", context))


def _in_place_of_progress(request: PersonRequest, response: HttpResponse) -> HttpResponse:
    """A page that waited for its run shows all that is so now, not only in place of the bar."""
    if request.headers.get("HX-Target") == "run-status":
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
    return response


def _badge(run: Run) -> Badge:
    if hasattr(run, "finalisation"):
        return words.period_badge("closed")
    return words.run_badge(run.progress.state if run.progress else "")


def _summary(run: Run, runs: list[Run], person: Person, *, settles: bool) -> dict[str, Any]:
    """What the run paid, against the period before and the run before."""
    earlier = next((one for one in runs if one.number < run.number and one.computed_at), None)
    other = queries.run_that_counts(*keys_before(calendar_period(run.period.key)))
    sums = queries.totals(*(one for one in (run, earlier, other) if one is not None))
    compared = queries.compared(sums[run.pk], sums[other.pk] if other else [])
    statements = list(statements_of(run, person).annotate(is_taken=queries.has_released()))
    unreleased = [one.pk for one in statements if not one.is_taken]
    finalised = any(hasattr(one, "finalisation") for one in runs)
    others: list[Any] = [one for one in runs if one.pk != run.pk]
    paid_from = next((one for one in others if one.has_paid), None)
    if not settles:
        paid_from = None
    passed = None
    if settles and unreleased and not finalised and paid_from is None and run.later_has_paid:  # type: ignore[attr-defined]
        passed = passed_over(run)
    return {
        # Who is paid in several currencies has a statement in each, and is one payee.
        "payees": len({one.payee_id for one in statements}),
        "unreleased_payees": len({one.payee_id for one in statements if not one.is_taken}),
        "totals": compared,
        "other_name": words.period_name(other.period) if other else "",
        "earlier_run": earlier,
        "earlier_changes": [
            formats.change(
                one.now.earned if one.before is None else one.earned_change, one.now.currency
            )
            for one in (queries.compared(sums[run.pk], sums[earlier.pk]) if earlier else ())
        ],
        "changes": queries.largest_changes(statements, other) if other else [],
        "charts": _charts(statements),
        "unreleased": unreleased,
        "release_hidden": [("all", "1")],
        "paid_from": None if finalised else paid_from,
        "changed_since": _changed_since(run, runs) if not finalised and paid_from is None else "",
        "passed_over": None if passed is None else words.passed_over_text(passed.instead),
        "may_release": access.may_release(person)
        and bool(unreleased)
        and paid_from is None
        and passed is None
        and (not finalised or hasattr(run, "finalisation")),
        "may_finalise": access.may_finalise(person, run) and not finalised,
        "lasts_until": _last_day_to_come(run),
        "own_run": access.may_finalise_runs(person) and run.requested_by_id == person.pk,
    }


def _changed_since(run: Run, runs: list[Run]) -> str:
    """Of the period's newest results: the months whose lines were written to after they were read.

    Lines that were imported or undone meanwhile are not in what is released.
    """
    if any(one.number > run.number and one.computed_at for one in runs):
        return ""
    digests = run.inputs.filter(table=LINES).values_list("file__digest", flat=True)
    return formats.listed(formats.month(month) for month in months_changed_since(digests))


def _last_day_to_come(run: Run) -> date | None:
    """The last day of a period that is not over; none of one that is."""
    last = run.period.ends_before - timedelta(days=1)
    return last if timezone.localdate() <= last else None


@require_GET
def inputs(request: PersonRequest, pk: int) -> HttpResponse:
    """What went into a run, plan by plan: a part of its page that is fetched when it is reached."""
    run = _run(reader_of_runs(request), pk)
    if run.computed_at is None:
        raise Http404
    context = {"run": run, "name": words.period_name(run.period), "plans": _plans(run)}
    return page(request, "incentives/runs/inputs.html", context, fragment="inputs")


def _plans(run: Run) -> list[dict[str, Any]]:
    """What went into each plan, under the names that its readers know."""
    names = {version.plan.code: version.name for version in versions_of(run)}
    return [
        _plan_checks(one, names.get(one["plan"], one["plan"]))
        for one in run.checks.get("plans", [])
    ]


def _plan_checks(plan: dict[str, Any], name: str) -> dict[str, Any]:
    """A plan's conservation figures with amounts as numbers and reasons in words."""
    return {
        "plan": name,
        "version": plan["version"],
        "conservation": [
            {
                **row,
                "imported": Decimal(row["imported"]),
                "credited": Decimal(row["credited"]),
                "excluded": Decimal(row["excluded"]),
            }
            for row in plan["conservation"]
        ],
        "excluded": [
            {
                **row,
                "reason": words.excluded_reason(row["reason"]),
                "amount": Decimal(row["amount"]),
            }
            for row in plan["excluded"]
        ],
    }


def _charts(statements: Sequence[Statement]) -> list[BarChart]:
    """How earnings are spread, one chart for each currency that more than a few are paid in."""
    amounts: dict[str, list[Decimal]] = {}
    for one in statements:
        amounts.setdefault(one.currency, []).append(one.earned)
    found = []
    for currency, values in sorted(amounts.items()):
        if len(values) < 5:
            continue
        buckets = queries.distribution(values)
        found.append(
            BarChart(
                name=f"spread-{currency.lower()}",
                title=_("Payees by what they earned, %(currency)s") % {"currency": currency},
                label_title=_("Earned from"),
                labels=[formats.amount(bucket.low, currency) for bucket in buckets],
                series=[Series(_("Payees"), [bucket.payees for bucket in buckets])],
                height=200,
            )
        )
    return found


def _problems(run: Run) -> list[dict[str, Any]]:
    """Problems by kind: a heading, the remedy, the people, and each different sentence once."""
    found = []
    for group in queries.problem_groups(run):
        texts = Counter(words.problem_text(one.code, one.params) for one in group.problems)
        found.append(
            {
                "kind": words.problem_kind(group.code),
                "count": group.count,
                "remedy": words.remedy(group.code),
                "people": group.people,
                "texts": list(texts)[:20],
                "more": max(len(texts) - 20, 0),
            }
        )
    return found


def _failure(run: Run) -> str:
    return "" if run.progress is None else run.progress.failure_text


def statement_table(request: PersonRequest, run: Run, person: Person) -> Table:
    """The run's statements that the reader may see, with a box to choose those to release."""
    rows = statements_of(run, person)
    return Table(
        request,
        rows=rows,
        name="statements",
        columns=[
            Column(
                "payee", _("Payee"), "payee.name", sort="payee__name", search=True, link=_address
            ),
            Column(
                "number",
                _("Number"),
                "payee.number",
                sort="payee__number",
                search=True,
                secondary=True,
            ),
            Column(
                "credited",
                _("Credited"),
                sort="credited",
                kind="money",
                currency="currency",
                secondary=True,
            ),
            Column(
                "earned", _("Earned"), sort="earned", kind="money", currency="currency", total=True
            ),
            Column("state", _("State"), _release_badge, kind="badge"),
        ],
        filters=[
            Filter(
                "released",
                _("Any state"),
                [("no", _("Not released")), ("yes", _("Released"))],
                lambda found, value: found.filter(release__isnull=value == "no"),
            ),
        ],
        choice=_choice if access.may_release(person) else None,
        choice_name="statement",
        choice_form="release",
        caption=_("Statements"),
        empty=_("No statements you may read."),
    )


def _address(statement: Statement) -> str:
    return reverse("incentives:statement", args=[statement.pk])


def _release_badge(statement: Statement) -> Badge:
    release = getattr(statement, "release", None)
    if release is None:
        return Badge(_("Not released"), "neutral")
    if hasattr(release, "payroll_entry"):
        return Badge(_("Handed to payroll"), "good")
    return Badge(_("Released"), "info")


def _choice(statement: Statement) -> int | None:
    return None if hasattr(statement, "release") else statement.pk


@require_POST
@needs_mfa
def finalise(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the run final: it closes its period."""
    person = reader_of_runs(request)
    run = _run(person, pk)
    if not access.may_finalise(person, run):
        raise PermissionDenied
    try:
        actions.finalise_run(run=run, by=person, at=timezone.now())
    except actions.PeriodClosed:
        messages.error(request, _("This period is closed already."))
    except actions.RunWithoutResults:
        messages.error(request, _("This run has no results, so nothing can be paid by it."))
    except actions.RunUnderWay:
        messages.error(request, _("Another run of this period is under way. Wait for it to end."))
    except LinesAreBusy:
        messages.error(request, _("Order lines are being imported. Close the period after that."))
    except actions.ReleasedFromAnotherRun:
        messages.error(
            request,
            _("Statements of another run of this period are released. Withdraw them first."),
        )
    except actions.PaidByAnotherRun as refused:
        told = _("This period was paid from run %(number)d. Close it by that run.")
        messages.error(request, told % {"number": refused.run.number})
    else:
        messages.success(request, _("The period is closed and is paid by this run."))
    return go_to(request, reverse("incentives:run", args=[run.pk]))


def reader_of_runs(request: HttpRequest) -> Person:
    """Whoever asks, if they may read runs; 403 otherwise."""
    person: Person = request.person  # type: ignore[attr-defined]
    if not access.may_read_runs(person):
        raise PermissionDenied
    return person


def _run(person: Person, pk: int) -> Run:
    rows = Run.objects.visible_to(person).select_related(
        "period", "progress", "requested_by", "finalisation__finalised_by"
    )
    return get_object_or_404(rows, pk=pk)
