"""Customers from files: companies, contacts, leads and deals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import access
from paceline.crm.actions import intake
from paceline.crm.actions.intake import Shape
from paceline.crm.intake import checks, fields, systems
from paceline.crm.queries.names import names_of
from paceline.imports import kinds
from paceline.imports.kinds import Changes, Check, Commit, Field, ImportKind
from paceline.imports.layout import Problem
from paceline.org.models import Person


def _reasons() -> dict[str, str]:
    return {"name": _("name"), "phone": _("phone"), "website": _("website"), "mail": _("e-mail")}


def shown(problems: Sequence[Problem], person: Person | None) -> Sequence[Problem]:
    """Problems with the names of the records that they mean, as far as the reader may see them."""
    wanted: dict[str, set[int]] = {}
    for one in problems:
        if "ids" in one.params:
            wanted.setdefault(one.params["of"], set()).update(one.params["ids"])
    names = {of: names_of(of, ids, person) for of, ids in wanted.items()} if person else {}
    return [_complete(one, names) for one in problems]


def _complete(problem: Problem, names: dict[str, dict[int, str]]) -> Problem:
    params = dict(problem.params)
    if "reasons" in params:
        words = _reasons()
        params["reasons"] = [words.get(one, one) for one in params["reasons"]]
    if "ids" in params:
        known = names.get(params["of"], {})
        params["record"] = [known.get(pk, f"#{pk}") for pk in params["ids"]]
    return replace(problem, params=params)


def _kind(
    shape: Shape,
    of: tuple[Field, ...],
    check: Callable[[Check], None],
    label: object,
    purpose: object,
    icon: str,
    order: int,
) -> ImportKind:
    def match(examined: Check) -> Changes:
        return intake.compare(examined, shape)

    def apply(examined: Check, changes: Changes, commit: Commit) -> Changes:
        return intake.write(examined, shape, changes, commit)

    return ImportKind(
        key=f"crm_{shape.kind}",
        label=label,  # type: ignore[arg-type]
        purpose=purpose,  # type: ignore[arg-type]
        fields=of,
        may_import=access.may_add,
        check=check,
        match=match,
        apply=apply,
        undo=partial(intake.undo, shape=shape),
        lock=intake.lock,
        is_private=True,
        icon=icon,
        sum_field="amount" if shape.kind == "deal" else "",
        currency_field="currency" if shape.kind == "deal" else "",
        order=order,
        fields_for=partial(fields.more_of, shape.kind),
        presets=systems.presets(shape.kind),
        shown=shown,
    )


def register_kinds() -> None:
    kinds.register(
        _kind(intake.COMPANY, fields.COMPANY, checks.check_company, gettext_lazy("Companies"),
              gettext_lazy("Organisations that buy, from another system or a list."), "building", 80)
    )  # fmt: skip
    kinds.register(
        _kind(intake.CONTACT, fields.CONTACT, checks.check_contact, gettext_lazy("Contacts"),
              gettext_lazy("People who buy, alone or for a company."), "address-book", 82)
    )  # fmt: skip
    kinds.register(
        _kind(intake.LEAD, fields.LEAD, checks.check_lead, gettext_lazy("Leads"),
              gettext_lazy("People who asked, before anybody knows what comes of it."),
              "user-question", 84)
    )  # fmt: skip
    kinds.register(
        _kind(intake.DEAL, fields.DEAL, checks.check_deal, gettext_lazy("Deals"),
              gettext_lazy("What may be or was sold, with its stage and amount."), "briefcase", 86)
    )  # fmt: skip
