"""Who may calculate, release, close and hand over pay; who may ask about it.

One duty each: compensation calculates and releases, finance closes periods and hands over to
payroll, and whoever requested a run does not close its period. Administrators do none of it.
"""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.incentives.models import Hold, LineThread, Run, Statement
from paceline.incentives.models.runs import RUN_READERS
from paceline.incentives.models.statements import PAY_DESK
from paceline.kernel.rights import LINE_BELOW, Act, Relation, Rule, Section
from paceline.org.models import Person, Role

DESK = frozenset(PAY_DESK)
COMPENSATION = frozenset({Role.COMPENSATION})
FINANCE = frozenset({Role.FINANCE})
OWN = frozenset({Relation.SELF})

RUN = Section(
    pgettext_lazy("object of a right", "run"),
    (
        Rule("summary", "read", roles=frozenset(RUN_READERS)),
        Rule("*", "request", Act.MAKE, roles=COMPENSATION, note="and cancel one's own"),
        Rule("*", "finalise", Act.CHECK, roles=FINANCE, note="not who requested it"),
    ),
)
SETTLEMENT = Section(
    pgettext_lazy("object of a right", "settlement"),
    (
        Rule("sums", "read", roles=frozenset(RUN_READERS)),
        Rule(
            "entries of a payee",
            "read",
            roles=DESK,
            relations=LINE_BELOW | OWN,
            note="in the statement that one may read",
        ),
        Rule("balances of all", "read", roles=DESK),
        Rule(
            "*",
            "request",
            Act.MAKE,
            roles=COMPENSATION,
            note="before payroll, and cancel one's own",
        ),
    ),
)
TERMS = Section(
    pgettext_lazy("object of a right", "pay terms"),
    (
        Rule("*", "read", roles=DESK, note="what they did to a payee stands in the statement"),
        Rule("*", "set", Act.MAKE, roles=COMPENSATION, note="by hand or by file"),
    ),
)
HOLD = Section(
    pgettext_lazy("object of a right", "hold"),
    (
        Rule("*", "read", roles=DESK, note="payees read the reason in their statements"),
        Rule("*", "place", Act.MAKE, roles=COMPENSATION, note="with a reason"),
        Rule("*", "release", Act.CHECK, roles=FINANCE, note="with a reason; not who placed it"),
    ),
)
STATEMENT = Section(
    pgettext_lazy("object of a right", "statement"),
    (
        Rule("calculated", "read", roles=DESK, note="before its release"),
        Rule("released", "read", roles=DESK, relations=LINE_BELOW | OWN),
        Rule(
            "causes of a difference",
            "read",
            roles=DESK,
            relations=LINE_BELOW | OWN,
            note="between two statements that one may read",
        ),
        Rule(
            "what if",
            "read",
            roles=DESK,
            relations=LINE_BELOW | OWN,
            note="another version only where one may read its text",
        ),
        Rule("*", "release", Act.MAKE, roles=COMPENSATION, note="and withdraw before payroll"),
    ),
)
QUESTION = Section(
    pgettext_lazy("object of a right", "question on a line"),
    (
        Rule("*", "ask", Act.MAKE, relations=OWN, note="once the statement is released"),
        Rule("*", "read", roles=DESK, relations=OWN),
        Rule("*", "answer", roles=DESK, relations=OWN),
        Rule("*", "resolve", roles=DESK, relations=OWN, note="and open again"),
    ),
)
PAYROLL = Section(
    pgettext_lazy("object of a right", "payroll file"),
    (
        Rule("*", "read", roles=DESK),
        Rule("below zero", "decide", Act.MAKE, roles=COMPENSATION, note="with a reason"),
        Rule("*", "export", Act.CHECK, roles=FINANCE, note="each release once"),
    ),
)
SECTIONS = (RUN, SETTLEMENT, TERMS, HOLD, STATEMENT, QUESTION, PAYROLL)


def may_read_terms(person: Person) -> bool:
    """Whether the person may read agreed amounts, base pay, minimum wages and the like."""
    return TERMS.allows("read", person.roles)


def may_set_terms(person: Person) -> bool:
    return TERMS.allows("set", person.roles)


def may_read_runs(person: Person) -> bool:
    return RUN.allows("read", person.roles, of_field="summary")


def may_request_run(person: Person) -> bool:
    return RUN.allows("request", person.roles)


def may_cancel_run(person: Person, run: Run) -> bool:
    """Only the person who started it, and only while it is under way."""
    return run.requested_by_id == person.pk and run.ended_at is None


def may_finalise_runs(person: Person) -> bool:
    return RUN.allows("finalise", person.roles)


def may_finalise(person: Person, run: Run) -> bool:
    return may_finalise_runs(person) and run.requested_by_id != person.pk


def may_request_settlement(person: Person) -> bool:
    return SETTLEMENT.allows("request", person.roles)


def may_read_balances(person: Person) -> bool:
    return SETTLEMENT.allows("read", person.roles, of_field="balances of all")


def may_read_holds(person: Person) -> bool:
    return HOLD.allows("read", person.roles)


def may_place_hold(person: Person) -> bool:
    return HOLD.allows("place", person.roles)


def may_release_holds(person: Person) -> bool:
    return HOLD.allows("release", person.roles)


def may_release_hold(person: Person, hold: Hold) -> bool:
    return may_release_holds(person) and hold.placed_by_id != person.pk


def may_release(person: Person) -> bool:
    return STATEMENT.allows("release", person.roles)


def may_read_payroll(person: Person) -> bool:
    return PAYROLL.allows("read", person.roles)


def may_export_payroll(person: Person) -> bool:
    return PAYROLL.allows("export", person.roles)


def may_decide_shortfalls(person: Person) -> bool:
    """Whether the person says what becomes of pay below zero, before payroll has it and after."""
    return PAYROLL.allows("decide", person.roles, of_field="below zero")


def is_pay_desk(person: Person) -> bool:
    """Whether the person answers questions and sees pay before it is released."""
    return QUESTION.allows("answer", person.roles)


def may_ask(person: Person, statement: Statement) -> bool:
    """The payee asks about their own statement, once it is released."""
    return statement.payee_id == person.pk and hasattr(statement, "release")


def may_answer(person: Person, thread: LineThread) -> bool:
    """The payee and the pay desk write in a thread; nobody else reads it."""
    return thread.statement.payee_id == person.pk or is_pay_desk(person)


def may_resolve(person: Person, thread: LineThread) -> bool:
    return may_answer(person, thread)
