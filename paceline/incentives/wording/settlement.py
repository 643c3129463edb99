"""How what is earned is paid: every clause of a plan's settlement as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.incentives.calculation import documents
from paceline.incentives.calculation.documents import Plan
from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.pay_words import period_name
from paceline.incentives.wording.clauses import Clause
from paceline.incentives.wording.names import component_named
from paceline.kernel import formats
from paceline.kernel.formats import listed

Wording = Callable[[], str]


def settlement_clauses(plan: Plan) -> Iterator[Clause]:
    """Every clause of the settlement, in the order in which pay meets them."""
    rules = plan.settlement
    if rules is None:
        return
    yield from _eligibility(rules)
    yield Clause(f"{rules.clause}/retroactivity", CHOICES["retroactivity", rules.retroactivity]())
    for limit in rules.limits:
        yield Clause(limit.clause, _limit(plan, limit))
    for payout in rules.payouts:
        yield from _payout(plan, payout)
    for clawback in rules.clawbacks:
        yield Clause(clawback.clause, _clawback(clawback))
    for guarantee in rules.guarantees:
        yield Clause(guarantee.clause, _guarantee(plan, guarantee))
    for draw in rules.draws:
        yield Clause(draw.clause, _draw(plan, draw))
    yield Clause(f"{rules.clause}/rule_packs", CHOICES["rule_packs", rules.rule_packs]())
    yield Clause(f"{rules.clause}/below_zero", CHOICES["below_zero", rules.below_zero]())
    yield Clause(f"{rules.clause}/pay_date", _pay_date(rules.days_after_period))
    yield Clause(rules.payment.clause, _payment(plan, rules))


CHOICES: Mapping[tuple[str, str], Wording] = {
    ("retroactivity", "carry-forward"): lambda: _(
        "When an earlier period would now earn something else, the difference is paid or deducted"
        " now."
    ),
    ("retroactivity", "ignore"): lambda: _("Earlier periods stay as they were settled."),
    ("rule_packs", "by-country"): lambda: _(
        "Deductions keep to the rules of the payee's country. This is no legal advice."
    ),
    ("rule_packs", "none"): lambda: _("No rules of a country limit deductions."),
    ("below_zero", "carry-forward"): lambda: _(
        "What would be paid below zero is deducted from later pay."
    ),
    ("below_zero", "collect"): lambda: _("What would be paid below zero is collected."),
    ("resignation", "pays"): lambda: _("Whoever has left is still paid what the period earned."),
    ("resignation", "forfeits"): lambda: _(
        "Whoever has left by then is paid nothing of what the period earned."
    ),
    ("resignation", "pro-rata"): lambda: _(
        "Whoever has left by then is paid for the days of the period up to the end of the"
        " employment."
    ),
    ("probation", "pays"): lambda: _("Probation takes nothing away."),
    ("probation", "forfeits"): lambda: _(
        "Whoever is on probation on the last day of the period is paid nothing of what it earned."
    ),
    ("probation", "pro-rata"): lambda: _(
        "Days on probation are not paid: what the period earned counts by its other days."
    ),
    ("leave", "pays"): lambda: _("Leave takes nothing away."),
    ("leave", "pro-rata"): lambda: _(
        "Days of leave are not paid: what the period earned counts by its other days."
    ),
    ("employed_on", "pay-date"): lambda: _("Employment is looked at on the day of payment."),
    ("employed_on", "period-end"): lambda: _(
        "Employment is looked at on the last day of the period."
    ),
}


def _eligibility(rules: documents.SettlementPlan) -> Iterator[Clause]:
    rule = rules.eligibility
    stated = {
        "employed_on": rule.employed_on,
        "resignation": rule.resignation,
        "probation": rule.probation,
        "leave": rule.leave,
    }
    for key, choice in stated.items():
        yield Clause(f"{rule.clause}/{key}", CHOICES[key, choice]())


def _limit(plan: Plan, limit: documents.Limit) -> str:
    named = [component for component in plan.components if component.id == limit.on]
    values = {
        "what": component_named(named[0]) if named else _("the statement"),
        "amount": formats.money(limit.amount, plan.currency),
    }
    if limit.kind == "floor":
        return _("In a period at least %(amount)s of %(what)s count.") % values
    if limit.per == "year":
        return _("In a year at most %(amount)s of %(what)s count.") % values
    return _("In a period at most %(amount)s of %(what)s count.") % values


def _payout(plan: Plan, payout: documents.Payout) -> Iterator[Clause]:
    named = (plan.component(one) for one in payout.components)
    what = listed(component_named(component) for component in named)
    yield Clause(payout.clause, _("%(what)s is paid in parts:") % {"what": what})
    for part in payout.parts:
        yield Clause(part.clause, _part(part))
    if any(part.on != "booking" for part in payout.parts):
        text = _(
            "When the payee leaves, what is not due yet %(good)s; for a bad leaver it %(bad)s."
        )
        values = {
            "good": LEAVING[payout.good_leaver](),
            "bad": LEAVING[payout.bad_leaver](),
        }
        yield Clause(f"{payout.clause}/leaving", text % values)


LEAVING: Mapping[str, Wording] = {
    "keeps": lambda: _("keeps its date"),
    "pays": lambda: _("is paid at once"),
    "forfeits": lambda: _("is forfeited"),
    "pro-rata": lambda: _("is paid for the share of the time that has passed"),
}


def _part(part: documents.Part) -> str:
    values = {"share": formats.rate(part.share), "count": part.days or part.months}
    if part.on == "booking":
        return _("%(share)s at once") % values
    if part.on == "cash":
        return _("%(share)s as far as the customer has paid") % values
    if part.on == "return-window":
        text = ngettext(
            "%(share)s %(count)d day after the sale",
            "%(share)s %(count)d days after the sale",
            part.days,
        )
    elif part.on == "later":
        text = ngettext(
            "%(share)s %(count)d month after the day of payment",
            "%(share)s %(count)d months after the day of payment",
            part.months,
        )
    else:
        text = ngettext(
            "%(share)s vests %(count)d month after the day of payment",
            "%(share)s vests %(count)d months after the day of payment",
            part.months,
        )
    return text % values


def _clawback(rule: documents.Clawback) -> str:
    text = TAKEN_BACK[rule.amount]() % {"event": EVENTS[rule.on]()}
    if rule.within_days is not None:
        text = _("%(sentence)s It reaches sales of up to %(count)s days before.") % {
            "sentence": text,
            "count": rule.within_days,
        }
    if rule.recover_at_most == 1:
        return text
    return _("%(sentence)s At most %(share)s of a pay goes into it.") % {
        "sentence": text,
        "share": formats.rate(rule.recover_at_most),
    }


EVENTS: Mapping[str, Wording] = {
    "return": lambda: _("a return"),
    "cancellation": lambda: _("a cancellation"),
    "unpaid": lambda: _("an unpaid invoice"),
    "churn": lambda: _("a customer who leaves early"),
}
TAKEN_BACK: Mapping[str, Wording] = {
    "full": lambda: _("For %(event)s, what its line earned is taken back."),
    "pro-rata": lambda: _(
        "For %(event)s, the share of the missing days of what its line earned is taken back."
    ),
    "re-rated": lambda: _(
        "For %(event)s, the difference to what would have been earned without it is taken back."
    ),
}


def _span(span: documents.Span) -> dict[str, str]:
    last = span.last
    return {
        "first": period_name(calendar_period(span.first.key)),
        "last": "" if last is None else period_name(calendar_period(last.key)),
    }


def _lifted(plan: Plan, clause: documents.Draw | documents.Guarantee) -> str:
    values = _span(clause.span) | {"amount": _agreed(plan, clause.amount)}
    if clause.span.last is None:
        return _("From %(first)s on, pay is lifted to %(amount)s.") % values
    return _("From %(first)s through %(last)s, pay is lifted to %(amount)s.") % values


def _agreed(plan: Plan, amount: Decimal | None) -> str:
    if amount is None:
        return _("what is agreed with each payee")
    return formats.money(amount, plan.currency)


def _guarantee(plan: Plan, clause: documents.Guarantee) -> str:
    return " ".join((_lifted(plan, clause), _("Nobody owes that back.")))


def _draw(plan: Plan, draw: documents.Draw) -> str:
    sentences = [_lifted(plan, draw)]
    if draw.recovery_from is None:
        return " ".join((sentences[0], _("Nobody owes that back.")))
    sentences.append(
        _("It is owed back: from %(from)s on, %(share)s of what is due above that is deducted.")
        % {
            "from": period_name(calendar_period(draw.recovery_from.key)),
            "share": formats.rate(draw.recovery_share),
        }
    )
    if draw.limit is not None:
        limit = formats.money(draw.limit, plan.currency)
        sentences.append(_("At most %(limit)s may be owed.") % {"limit": limit})
    if draw.kind == "forgiven":
        sentences.append(_("What is owed at the end of the last period is forgiven."))
    return " ".join(sentences)


def _pay_date(days: int) -> str:
    if not days:
        return _("Pay is due on the last day of the period.")
    return ngettext(
        "Pay is due %(count)d day after the last day of the period.",
        "Pay is due %(count)d days after the last day of the period.",
        days,
    ) % {"count": days}


def _payment(plan: Plan, rules: documents.SettlementPlan) -> str:
    policy = rules.payment
    if policy.currency == "plan":
        return _("It is paid in %(currency)s.") % {"currency": plan.currency}
    day = {
        "pay-date": lambda: _("the day of payment"),
        "period-end": lambda: _("the last day of the period"),
    }[policy.date]()
    return _(
        "It is paid in the currency of the payee's employment, at the “%(rate)s” rate of %(day)s."
    ) % {"rate": policy.rate, "day": day}
