"""The plan form: sections, lists and rows over a plan's text, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.documents import PlaceUnknown, PlanInvalid, edit
from paceline.incentives.forms.plan.changes import by_language, write
from paceline.incentives.forms.plan.components import COMPONENTS
from paceline.incentives.forms.plan.credits import CREDITS
from paceline.incentives.forms.plan.fields import (
    Path,
    PlanBlock,
    PlanField,
    PlanList,
    Text,
    members_at,
    walk,
)
from paceline.incentives.forms.plan.head import HEAD, NOT_EDITED, POLICIES
from paceline.incentives.forms.plan.measures import MEASURES, QUOTAS
from paceline.incentives.forms.plan.parts import Drawing, Group, Part, Place, drawn, notes_of
from paceline.incentives.forms.plan.settlement import SETTLEMENT
from paceline.incentives.problems import PlainProblem

CHARACTERS_MAX = 60_000  # a longer text is edited as text; the form would have thousands of fields
FIELDS_MAX = 1_900  # what one request may carry, less what the page adds
ROWS_MAX = 60

# The sections of the form in its order: name, heading, what stands below it, parts.
SECTIONS: Sequence[tuple[str, Text, Text, tuple[Part, ...]]] = (
    ("plan", _("The plan"), "", HEAD),
    ("components", _("Components"), "", (COMPONENTS,)),
    ("measures", _("Measures"), "", (MEASURES,)),
    ("quotas", _("Quotas"), "", (QUOTAS,)),
    ("credits", _("Credits"), "", (CREDITS,)),
    (
        "policies",
        _("Policies"),
        _("Every policy is stated; none is left to be guessed."),
        (Group(POLICIES, key="policies"),),
    ),
    ("settlement", _("Settlement"), "", (SETTLEMENT,)),
)


@dataclass(frozen=True)
class PlanSection:
    """A card of the form; one whose only block is a list bears the list's heading."""

    name: str
    block: PlanBlock

    @property
    def id(self) -> str:
        return f"section-{self.name}"


@dataclass(frozen=True)
class PlanForm:
    """The whole form over one text. ``notes`` say which clauses at the top have no fields."""

    sections: tuple[PlanSection, ...]
    notes: Sequence[Text] = ()
    problems: list[PlainProblem] = field(default_factory=list)

    def blocks(self) -> Iterator[PlanBlock | PlanList]:
        for section in self.sections:
            yield from walk(section.block)

    def fields(self) -> Iterator[PlanField]:
        for block in self.blocks():
            if isinstance(block, PlanBlock):
                yield from block.fields

    def placed(self) -> Iterator[PlanField | PlanBlock | PlanList]:
        """Everything beside which problems are shown."""
        yield from self.fields()
        yield from (block for block in self.blocks() if block.clause)

    def left(self) -> list[Text]:
        """Every note on what has no field, at the top and beside the rows."""
        blocks = [one for one in self.blocks() if isinstance(one, PlanBlock)]
        return [*self.notes, *(note for block in blocks for note in block.notes)]

    def list_at(self, path: Path) -> PlanList | None:
        found = (one for one in self.blocks() if isinstance(one, PlanList) and one.path == path)
        return next(found, None)

    def names(self) -> list[str]:
        """Which fields and lists there are: another list of them is drawn anew."""
        return [*(one.name for one in self.fields()), *(one.id for one in self.blocks())]


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
    place = Place(data)
    everything = Drawing(shown={(key,) for key in NOT_EDITED})
    sections = []
    for name, title, lead, parts in SECTIONS:
        drawing = drawn(place, parts)
        everything.shown |= drawing.shown
        block = PlanBlock(
            (), "", title, tuple(drawing.fields), tuple(drawing.blocks), hint=lead
        )  # fmt: skip
        sections.append(PlanSection(name, block))
    form = PlanForm(tuple(sections), notes_of(everything, place))
    if sum(1 for _field in form.fields()) > FIELDS_MAX:
        return None
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
        value = one.read(posted.get(one.name, one.value))
        if value == one.value.strip():
            continue
        try:
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
        if verb == "languages":
            return by_language(source, path)
        if verb not in {"add", "remove", "up", "down"}:
            return source
        form = read_form(source)
        if form is None:
            return source
        if verb == "add":
            found = form.list_at(path)
            return source if found is None else found.add(source, what)
        return _changed_row(form, source, verb, path)
    except (PlaceUnknown, PlanInvalid):
        return source


def _changed_row(form: PlanForm, source: str, verb: str, path: Path) -> str:
    found = form.list_at(path[:-1])
    places = [row.path for row in found.rows] if found is not None else []
    if found is None or path not in places:
        return source
    number = places.index(path)
    if verb == "remove":
        return found.drop(source, number)
    return edit.move(source, found.path, number, number - 1 if verb == "up" else number + 1)


# --- problems -------------------------------------------------------------------------------------


def _place(form: PlanForm, problems: Iterable[PlainProblem]) -> None:
    """Put each problem beside the field it is about, else the row or list that holds the clause."""
    fields = {one.clause: one for one in form.fields()}
    blocks = {one.clause: one for one in form.blocks() if one.clause}
    for problem in problems:
        target: PlanField | PlanBlock | PlanList | None = None
        if problem.key:
            path = f"{problem.path}/{problem.key}" if problem.path else problem.key
            target = fields.get(path) or blocks.get(path)
        clause = problem.path
        while target is None and clause:
            target = fields.get(clause) or blocks.get(clause)
            clause = clause.rpartition("/")[0]
        if target is None:
            form.problems.append(problem)
        else:
            target.problems.append(problem.text)
