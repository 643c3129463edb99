"""The plan form: sections, lists and rows over a plan's text, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.incentives.calculation.documents import PlaceUnknown, PlanInvalid, edit
from paceline.incentives.forms import plan_measures
from paceline.incentives.forms import plan_structures as structures
from paceline.incentives.forms.plan_fields import (
    Data,
    Path,
    PlanField,
    PlanList,
    PlanRow,
    Text,
    at,
    head_fields,
    ids_of,
    label_fields,
    localised,
    members_at,
    policy_fields,
    references,
    unshown,
    words_at,
    write,
)
from paceline.incentives.problems import PlainProblem

CHANGES = {**structures.CHANGES, "measure-kind": plan_measures.set_measure_kind}
CHARACTERS_MAX = 60_000  # a longer text is edited as text; the form would have thousands of fields
ROWS_MAX = 60

KINDS: Sequence[tuple[str, Text]] = (
    ("commission", _("Commission")),
    ("bonus", _("Bonus")),
    ("override", _("Manager override")),
    ("spiff", _("Sprint bonus")),
    ("scorecard", _("Scorecard")),
    ("pool", _("Bonus pool")),
    ("contest", _("Sales contest")),
    ("award", _("Award")),
    ("retention", _("Retention reward")),
)
# What rows show of their members; anything else is kept and named beside them.
SHOWN: Mapping[str, tuple[str, ...]] = {
    "components": ("id", "name", "kind", "measure", "rates", "pays", "when", "cap", "floor"),
    "measures": ("id", "label", "kind", "of", "over", "credits", "name", "read", "unit"),
    "quotas": ("id", "label", "measure", "name"),
    "credits": ("id", "label", "kind", "when", "of", "levels"),
}
SHOWN_OF_RATES = ("reading", "on", "quota", "tiers")


@dataclass(frozen=True)
class PlanForm:
    """The whole form over one text."""

    head: tuple[PlanField, ...]
    components: PlanList
    measures: PlanList
    quotas: PlanList
    credits: PlanList
    policies: tuple[PlanField, ...]
    problems: list[PlainProblem] = field(default_factory=list)

    @property
    def lists(self) -> tuple[PlanList, ...]:
        return (self.components, self.measures, self.quotas, self.credits)

    def fields(self) -> Iterator[PlanField]:
        yield from self.head
        for one in self.lists:
            yield from _fields_of(one)
        yield from self.policies


def read_form(source: str, problems: Iterable[PlainProblem] = ()) -> PlanForm | None:
    """The form over a text, each problem beside its field; None when the text cannot be shown so:
    it is no YAML, no plan-like document, or too long."""
    if len(source) > CHARACTERS_MAX:
        return None
    try:
        data = edit.read(source)
    except PlanInvalid:
        return None
    lists = ("components", "measures", "quotas", "credits")
    if not isinstance(data, Mapping) or any(len(members_at(data, k)) > ROWS_MAX for k in lists):
        return None
    form = PlanForm(
        head=tuple(head_fields(data)),
        components=_list(
            data, "components", _("Components"), _component,
            (("commission", _("Add a commission")), ("bonus", _("Add a bonus"))),
        ),
        measures=_list(
            data, "measures", _("Measures"), _measure, (("measure", _("Add a measure")),)
        ),
        quotas=_list(data, "quotas", _("Quotas"), _quota, (("quota", _("Add a quota")),)),
        credits=_list(
            data, "credits", _("Credits"), _credit,
            (("direct", _("Add a direct credit")), ("rollup", _("Add a roll-up to managers"))),
        ),
        policies=tuple(policy_fields(data)),
    )  # fmt: skip
    _place(form, problems)
    return form


def changed_by_fields(base: str, source: str, posted: Mapping[str, str]) -> str:
    """The text with every field written that differs from what the form was drawn from.

    ``base`` is the text that the fields showed; ``source`` may have been edited since, and what was
    edited there stays.
    """
    form = read_form(base)
    if form is None:
        return source
    for one in form.fields():
        value = posted.get(one.name, one.value)
        value = value.replace("\r\n", "\n").strip()
        if value == one.value.strip():
            continue
        try:
            if one.structure:
                source = CHANGES[one.structure](source, one.path, value)
            else:
                source = write(source, one, value)
        except (PlaceUnknown, PlanInvalid):
            continue  # the text was changed there by hand in the same moment; the hand wins
    return source


def changed_by_button(source: str, operation: str) -> str:
    """The text after a button: ``add LIST WHAT``, ``remove ROW``, ``up ROW``, ``down ROW``,
    ``languages TEXT``.

    An operation that fits nothing (a second click on a row that is gone) changes nothing.
    """
    verb, _space, rest = operation.partition(" ")
    place, _space, what = rest.partition(" ")
    path = tuple(int(key) if key.isascii() and key.isdigit() else key for key in place.split("."))
    try:
        if verb == "add":
            return structures.add(source, path, what)
        if verb == "languages":
            return structures.by_language(source, path)
        return _changed_row(source, verb, path)
    except (PlaceUnknown, PlanInvalid):
        return source


def _changed_row(source: str, verb: str, path: Path) -> str:
    last = path[-1]
    if not isinstance(last, int):
        return source
    if verb == "remove":
        return edit.remove(source, path)
    if verb in {"up", "down"}:
        return edit.move(source, path[:-1], last, last - 1 if verb == "up" else last + 1)
    return source


# --- rows -----------------------------------------------------------------------------------------

Drawn = tuple[tuple[PlanField, ...], tuple[PlanList, ...]]


def _list(
    data: Data,
    key: str,
    title: Text,
    draw: Callable[[Data, int, str], Drawn],
    additions: Sequence[tuple[str, Text]],
) -> PlanList:
    members = members_at(data, key)
    rows = []
    for place, member in enumerate(members):
        name = words_at(member, "id").strip() or str(place + 1)
        fields, lists = draw(data, place, f"{key}/{name}")
        rows.append(
            PlanRow(
                (key, place), f"{key}/{name}", name, fields, lists,
                is_first=place == 0, is_last=place == len(members) - 1,
                notes=[
                    *unshown(member, SHOWN[key]),
                    *unshown(at(member, "rates"), SHOWN_OF_RATES),
                ],
            )
        )  # fmt: skip
    return PlanList((key,), key, title, tuple(rows), additions)


def _component(data: Data, place: int, clause: str) -> Drawn:
    path = ("components", place)
    one = at(data, *path)
    form = structures.pays_by(one)
    fields = [
        PlanField((*path, "id"), f"{clause}/id", _("Id"), words_at(one, "id")),
        *localised(data, (*path, "name"), f"{clause}/name", _("Name on the statement")),
        PlanField(
            (*path, "kind"), f"{clause}/kind", _("Kind"), words_at(one, "kind"), "choice", KINDS
        ),
        structures.pay_field(path, clause, form),
    ]  # fmt: skip
    lists: tuple[PlanList, ...] = ()
    if form in {"amount", "target_share", "formula"}:
        labels = {"amount": _("Amount"), "target_share": _("Share"), "formula": _("Formula")}
        fields.append(
            PlanField(
                (*path, "pays", form), f"{clause}/pays/{form}", labels[form],
                words_at(one, "pays", form), "formula" if form == "formula" else "text",
            )
        )  # fmt: skip
    elif form == "rates":
        fields += structures.rate_fields(data, path, clause)
        lists = (_tiers(data, place, clause),)
    fields += structures.condition_fields(data, path, clause)
    for key, label in (("cap", _("Pays at most")), ("floor", _("Pays at least"))):
        fields.append(
            PlanField((*path, key), f"{clause}/{key}", label, words_at(one, key), optional=True)
        )
    return tuple(fields), lists


def _tiers(data: Data, place: int, clause: str) -> PlanList:
    path = ("components", place, "rates", "tiers")
    on = f"{clause}/rates/tiers"
    members = members_at(data, *path)
    rows = tuple(
        PlanRow(
            (*path, number),
            f"{on}/{number + 1}",
            str(number + 1),
            tuple(
                PlanField(
                    (*path, number, key),
                    f"{on}/{number + 1}/{key}",
                    label,
                    words_at(tier, key),
                    "words" if isinstance(at(tier, key), list) else "text",
                    optional=key == "to",
                )
                for key, label in (*TIER_BOUNDS, _paid_by(tier))
            ),
            is_first=number == 0,
            is_last=number == len(members) - 1,
            notes=unshown(tier, ("from", "to", "rate", "amount", "target_share")),
        )
        for number, tier in enumerate(members)
    )
    hint = _("A tier ends where the next begins; “to” may stay empty.")
    additions = (("tier", _("Add a tier")),)
    return PlanList(path, on, _("Tiers"), rows, additions, hint=hint, is_table=True)


def _paid_by(tier: Mapping[str, Data]) -> tuple[str, Text]:
    """What a tier states that it pays."""
    if "amount" in tier:
        return ("amount", _("Amount"))
    if "target_share" in tier:
        return ("target_share", _("Share of the target incentive"))
    return ("rate", _("Rate"))


TIER_BOUNDS: Sequence[tuple[str, Text]] = (
    ("from", pgettext_lazy("start of a tier", "From")),
    ("to", pgettext_lazy("end of a tier", "To")),
)


def _measure(data: Data, place: int, clause: str) -> Drawn:
    path = ("measures", place)
    one = at(data, *path)
    fields = [
        PlanField((*path, "id"), f"{clause}/id", _("Id"), words_at(one, "id")),
        *label_fields(data, path, clause),
        plan_measures.measure_kind_field(path, clause, words_at(one, "kind")),
    ]
    if words_at(one, "kind") not in {"count", "figure"}:
        fields.append(
            PlanField(
                (*path, "of"), f"{clause}/of", _("Formula"), words_at(one, "of"), "formula",
                hint=_("Over the columns of an order line, for example amount or amount - cost."),
            )
        )  # fmt: skip
    if words_at(one, "kind") in {"ratio", "formula", "figure"}:
        return (*fields, *plan_measures.entered_fields(one, path, clause)), ()
    fields.append(
        PlanField(
            (*path, "credits"), f"{clause}/credits", _("Lines credited by"),
            words_at(one, "credits"), "words", references(ids_of(data, "credits")),
        )
    )  # fmt: skip
    return tuple(fields), ()


def _quota(data: Data, place: int, clause: str) -> Drawn:
    path = ("quotas", place)
    one = at(data, *path)
    return (
        PlanField((*path, "id"), f"{clause}/id", _("Id"), words_at(one, "id")),
        *label_fields(data, path, clause),
        PlanField(
            (*path, "measure"), f"{clause}/measure", _("Measure"), words_at(one, "measure"),
            "choice", references(ids_of(data, "measures")),
        ),
        PlanField(
            (*path, "name"), f"{clause}/name", _("Quota called"), words_at(one, "name"),
            hint=_("As named in the imported quotas, for example sales."),
        ),
    ), ()  # fmt: skip


def _credit(data: Data, place: int, clause: str) -> Drawn:
    path = ("credits", place)
    one = at(data, *path)
    fields = [
        PlanField((*path, "id"), f"{clause}/id", _("Id"), words_at(one, "id")),
        *label_fields(data, path, clause),
        structures.credit_kind_field(path, clause, words_at(one, "kind")),
    ]
    if words_at(one, "kind") == "rollup":
        direct = [
            words_at(other, "id")
            for other in members_at(data, "credits")
            if words_at(other, "kind") != "rollup"
        ]
        fields += [
            PlanField(
                (*path, "of"), f"{clause}/of", _("Lines of"), words_at(one, "of"), "words",
                references(direct),
            ),
            *structures.level_fields(one, path, clause),
        ]  # fmt: skip
    else:
        fields.append(
            PlanField(
                (*path, "when"), f"{clause}/when", _("Only lines where"), words_at(one, "when"),
                "formula", optional=True,
                hint=_("A condition, for example category != \"Shipping\"; empty for all lines."),
            )
        )  # fmt: skip
    return tuple(fields), ()


# --- problems -------------------------------------------------------------------------------------


def _fields_of(one: PlanList) -> Iterator[PlanField]:
    for row in one.rows:
        yield from row.fields
        for inner in row.lists:
            yield from _fields_of(inner)


def _blocks(form: PlanForm) -> Iterator[PlanRow | PlanList]:
    waiting: list[PlanList] = list(form.lists)
    while waiting:
        one = waiting.pop()
        yield one
        yield from one.rows
        waiting += [inner for row in one.rows for inner in row.lists]


def _place(form: PlanForm, problems: Iterable[PlainProblem]) -> None:
    """Put each problem beside the field it is about, else the row or list that holds the clause."""
    fields = {one.clause: one for one in form.fields()}
    blocks = {one.clause: one for one in _blocks(form)}
    for problem in problems:
        target: PlanField | PlanRow | PlanList | None = None
        if problem.key:
            path = f"{problem.path}/{problem.key}" if problem.path else problem.key
            target = fields.get(path)
        clause = problem.path
        while target is None and clause:
            target = fields.get(clause) or blocks.get(clause)
            clause = clause.rpartition("/")[0]
        if target is None:
            form.problems.append(problem)
        else:
            target.problems.append(problem.text)
