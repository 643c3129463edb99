"""Keeping the index as the things are: in the transaction that changes them, and anew as a whole.

The index repeats what other tables say, so it has no audit line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection, transaction

from paceline.kernel import findable
from paceline.search.folding import fold, terms
from paceline.search.models import SearchDocument

BATCH = 1000

_KEEP = """
INSERT INTO search_searchdocument AS known (kind, object_id, folded, terms, keys)
SELECT %s, one.object_id, one.folded, array_to_tsvector(string_to_array(one.terms, chr(10))),
    string_to_array(one.keys, chr(10))
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
    AS one (object_id, folded, terms, keys)
ON CONFLICT (kind, object_id) DO UPDATE
SET folded = excluded.folded, terms = excluded.terms, keys = excluded.keys
WHERE (known.folded, known.terms, known.keys)
    IS DISTINCT FROM (excluded.folded, excluded.terms, excluded.keys)
"""


@transaction.atomic
def index(*, kind: str, ids: list[int]) -> None:
    """Bring what is found of these things, and of what repeats their names, up to date."""
    known = findable.kinds().get(kind)
    if known is None:
        return
    for part in _batches(ids):
        kept = _keep(known, known.documents(part))
        SearchDocument.objects.filter(kind=kind, object_id__in=set(part) - kept).delete()
    for other, ids_of in findable.repeated(kind).items():
        index(kind=other, ids=sorted(ids_of(ids)))


@transaction.atomic
def rebuild(*, kind: str) -> int:
    """Make the index of a kind anew from its things; returns how many are found now."""
    known = findable.kinds()[kind]
    kept = 0
    after = 0
    for part in _parts(known.documents(None)):
        ids = _keep(known, iter(part))
        kept += len(ids)
        last = max(ids)
        between = SearchDocument.objects.filter(kind=kind, object_id__gt=after, object_id__lte=last)
        between.exclude(object_id__in=ids).delete()
        after = last
    SearchDocument.objects.filter(kind=kind, object_id__gt=after).delete()
    return kept


def _keep(kind: findable.Kind, documents: Iterator[findable.Document]) -> set[int]:
    """Write documents as they are now; returns the ids of their things."""
    ids: list[int] = []
    folded: list[str] = []
    lexemes: list[str] = []
    keys: list[str] = []
    for one in documents:
        ids.append(one.pk)
        folded.append("\n".join(fold(text) for text in one.texts if text).replace("\0", ""))
        lexemes.append("\n".join(f"{kind.name}:{term}" for term in terms(one.texts)))
        keys.append("\n".join(one.keys))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [kind.name, ids, folded, lexemes, keys])
    return set(ids)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    return (ids[place : place + BATCH] for place in range(0, len(ids), BATCH))


def _parts(documents: Iterable[findable.Document]) -> Iterator[list[findable.Document]]:
    rest = iter(documents)
    while part := list(islice(rest, BATCH)):
        yield part
