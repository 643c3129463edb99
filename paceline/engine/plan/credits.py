"""Credit rules: which lines are taken, for whom, and who above is credited with them."""

from __future__ import annotations

from dataclasses import replace

from paceline.engine.formula.tree import Type
from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.document import Mapping, Scalar, Sequence
from paceline.engine.plan.model import Credit

MAX_DIRECT_CREDITS = 60


def read_credit(clause: Clause, names: dict[str, Type]) -> Credit:
    clause.keys(
        ["id", "kind"],
        ["label", "when", "of", "levels", "hierarchy", "to", "as", "share"],
    )
    name, label = clause.child("id").identifier(), clause.label()
    if clause.child("kind").choice(["direct", "rollup"]) == "direct":
        clause.keys(["id", "kind"], ["label", "when", "to", "as", "share"])
        formula = clause.child("when").formula(names, ["boolean"]) if clause.has("when") else None
        return _direct(clause, names, Credit(name, "direct", formula, (), 0, 0, clause.path, label))
    clause.keys(["id", "kind", "of", "levels"], ["label", "hierarchy"])
    first, through = _levels(clause.child("levels"))
    of = clause.child("of").words()
    hierarchy = clause.child("hierarchy").scalar() if clause.has("hierarchy") else ""
    return Credit(name, "rollup", None, of, first, through, clause.path, label, hierarchy=hierarchy)


def _direct(clause: Clause, names: dict[str, Type], credit: Credit) -> Credit:
    """Whom a direct rule credits: the line's own payee, or somebody else, with a share of the line
    that is taken from the own payee (`as: share`) or comes on top (`as: overlay`).
    """
    if not clause.has("to"):
        clause.keys(["id", "kind"], ["label", "when"])
        return credit
    clause.keys(["id", "kind", "to", "as"], ["label", "when", "share"])
    receiver = clause.child("to")
    to, owner_of = "team", ""
    if hasattr(receiver.node, "entries"):
        receiver.keys([], ["column", "owner"])
        if receiver.has("column") == receiver.has("owner"):
            raise receiver.refuse(
                "receiver_unclear", "a rule credits a column's payee, an owner or the team"
            )
        texts = sorted(key for key, kind in names.items() if kind == "text")
        key = "column" if receiver.has("column") else "owner"
        place = receiver.child(key)
        column = place.known(place.scalar(), texts, "column of text")
        to, owner_of = (column, "") if key == "column" else ("owner", column)
    else:
        receiver.choice(["team"])
    is_overlay = clause.child("as").choice(["share", "overlay"]) == "overlay"
    if to == "team" and not is_overlay:
        raise clause.child("as").refuse(
            "team_takes_no_share", "the team is credited on top: as: overlay"
        )
    share = None
    if clause.has("share"):
        if to == "owner":
            raise clause.child("share").refuse(
                "share_of_owner", "an owner's share stands in the table of owners"
            )
        share = clause.child("share").formula(names, ["percent"])
    return replace(credit, to=to, owner_of=owner_of, share=share, is_overlay=is_overlay)


def count_direct(root: Clause) -> int:
    """How many direct credit rules the document has, readable or not."""
    node = root.node.entries.get("credits") if isinstance(root.node, Mapping) else None
    items = node.items if isinstance(node, Sequence) else ()
    kinds = (item.entries.get("kind") for item in items if isinstance(item, Mapping))
    return sum(1 for kind in kinds if isinstance(kind, Scalar) and kind.text.strip() == "direct")


def _levels(clause: Clause) -> tuple[int, int | None]:
    """`all`, a number of levels counted from the direct manager, or {from: 2, through: 3}."""
    if hasattr(clause.node, "entries"):
        clause.keys(["from"], ["through"])
        first = _level(clause.child("from"))
        through = _level(clause.child("through")) if clause.has("through") else None
        if through is not None and through < first:
            raise clause.refuse("levels_reversed", f"level {through} is below level {first}")
        return first, through
    return (1, None) if clause.scalar() == "all" else (1, _level(clause))


def _level(clause: Clause) -> int:
    text = clause.scalar()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 50 or len(text) > 2:
        raise clause.refuse(
            "level_malformed",
            f"{text[:20]} is no level; write all or a number from 1 to 50",
            value=text[:20],
        )
    return int(text)


def check_credits(clause: Clause, rules: tuple[Credit, ...]) -> None:
    direct = [credit.id for credit in rules if credit.kind == "direct"]
    if len(direct) > MAX_DIRECT_CREDITS:
        clause.refuse(
            "list_too_long",
            f"there are {len(direct)} direct credit rules; {MAX_DIRECT_CREDITS} are allowed: join "
            "some into one, or split the plan into several",
            length=len(direct),
            limit=MAX_DIRECT_CREDITS,
        )
    for place, item in clause.members() if rules else ():
        if place <= len(rules) and item.has("of"):
            for word in next((c.of for c in rules if c.clause == item.path), ()):
                try:
                    item.child("of").known(word, direct, "direct credit rule")
                except Unreadable:
                    continue
