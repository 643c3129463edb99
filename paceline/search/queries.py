"""Finding: every kind under its own right, in one question to the database."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL

from paceline.kernel import findable
from paceline.org.models import Person
from paceline.search.folding import Question, fold, question

HITS_MAX = 40
# A word that everybody bears is not sorted through to its end.
CANDIDATES_MAX = 1000
KEYS_MAX = 500
# So many of one's own among the first bearers of a word leave enough after all rights.
OWN_ENOUGH = 4 * HITS_MAX
# Two common beginnings are looked for among the newest things first, and that is enough of them.
NEWEST, ENOUGH = 8_000, HITS_MAX

_ALL = "SELECT object_id, folded, terms FROM search_searchdocument"
# The offset keeps the two conditions apart, so that the keys come first.
_NEAR = f"{_ALL} WHERE keys && %s::text[] OFFSET 0"
_LIKELY = "SELECT object_id FROM ({known}) AS known WHERE {enough}{wanted} LIMIT {most}"
# A rare word first, then whose things its bearers are. A common one among the things that are near,
# unless many of its first bearers are: who sees most things of all would look through them all.
_RARE_OR_NEAR = (
    "WITH bearers AS MATERIALIZED"
    " (SELECT object_id, keys FROM search_searchdocument WHERE {wanted} LIMIT {most}),"
    " own AS MATERIALIZED (SELECT object_id FROM bearers WHERE keys && %s::text[])"
    " SELECT object_id FROM own UNION ALL ({near})"
)
_IS_COMMON = (
    "(SELECT count(*) FROM bearers) = {most} AND (SELECT count(*) FROM own) < {enough} AND "
)
_NEWEST = f"{_ALL} WHERE kind = %s ORDER BY object_id DESC LIMIT {NEWEST}"


class IsLikely(Func):
    """An id is one of the likely ones, which are looked for first and once.

    Asked with IN, the database may walk all things backwards until it has met enough of them.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY (ARRAY"
    output_field = BooleanField()


def folded(text: str) -> str:
    """A text as the index compares it: one case, one width, no marks, one script of Chinese."""
    return fold(text)


def holds(name: str, text: str) -> bool:
    """Whether a name contains a text, as the index compares them."""
    return fold(text) in fold(name)


def find(person: Person, text: str) -> dict[str, list[int]]:
    """The ids of what the person may see and the text finds, by kind: one query.

    Each kind gives at most ``HITS_MAX``. Beyond the rights nothing is told, neither titles nor
    numbers: what the person may not see is not counted.
    """
    asked = question(text)
    if not asked:
        return {}
    parts = [_hits(kind, person, asked) for kind in findable.kinds().values()]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found: dict[str, list[int]] = {}
    for kind, object_id in rows:
        found.setdefault(kind, []).append(object_id)
    return found


def _hits(kind: findable.Kind, person: Person, asked: Question) -> QuerySet[Any]:
    hits = kind.visible_to(person).filter(IsLikely(F("pk"), _likely(kind, person, asked)))
    named = hits.annotate(hit_kind=Value(kind.name, output_field=TextField()))
    found: QuerySet[Any] = named.order_by("-pk").values_list("hit_kind", "pk")[:HITS_MAX]
    return found


def _likely(kind: findable.Kind, person: Person, asked: Question) -> RawSQL:
    """Ids that the text finds, some of which the person may not see.

    A rare word is looked for first, and then whose things its bearers are. A common one is looked
    for among the few things that somebody might see: else every bearer of it would be looked at for
    its keys. Whoever sees most things finds enough of theirs among its first bearers.
    """
    keys = kind.keys(person)
    near = None if keys is None else list(islice(keys, KEYS_MAX + 1))
    wanted = "terms @@ %s::tsquery" + " AND folded LIKE %s" * len(asked.pieces)
    # Ideographs only: no sign of LIKE.
    values = [asked.lookup(f"{kind.name}:"), *(f"%{piece}%" for piece in asked.pieces)]

    def likely(known: str, enough: str = "") -> str:
        return _LIKELY.format(known=known, enough=enough, wanted=wanted, most=CANDIDATES_MAX)

    # Every value is a parameter; what is put together here are our own words.
    if near is not None and len(near) <= KEYS_MAX:
        common = _IS_COMMON.format(most=CANDIDATES_MAX, enough=OWN_ENOUGH)
        text = _RARE_OR_NEAR.format(wanted=wanted, most=CANDIDATES_MAX, near=likely(_NEAR, common))
        return RawSQL(text, [*values, near, near, *values])  # noqa: S611
    if near is not None or len(asked.beginnings) < 2:
        return RawSQL(likely(_ALL), values)  # noqa: S611
    # The index gathers all bearers of each beginning before it meets them: only where it must.
    rest = likely(_ALL, f"(SELECT count(*) FROM newest) < {ENOUGH} AND ")  # noqa: S608
    return RawSQL(  # noqa: S611
        f"WITH newest AS MATERIALIZED ({likely(_NEWEST)})"  # noqa: S608
        f" SELECT object_id FROM newest UNION ALL ({rest})",
        [kind.name, *values, *values],
    )
