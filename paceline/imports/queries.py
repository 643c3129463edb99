"""Reading imports, and the look-ups that a check needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa

from paceline.imports.models import ImportMapping
from paceline.org.models import Employment, Person


def people_by_text(texts: Sequence[str]) -> pa.Table:
    """Who is meant by each text: an employee number, an e-mail address or a name.

    Returns ``text, code, person_id``; ``code`` says why nobody is (``person_unknown``,
    ``person_ambiguous``) and is empty otherwise. A number wins over an address, that over a name.
    """
    people = Person.objects.values_list("pk", "number", "email", "name", "latin_name")
    by_number: dict[str, list[int]] = defaultdict(list)
    by_email: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for pk, number, email, name, latin_name in people:
        by_number[number.casefold()].append(pk)
        by_email[email.casefold()].append(pk)
        for known in {name.casefold(), latin_name.casefold()}:
            by_name[known].append(pk)
    ids, codes = [], []
    for text in texts:
        key = text.casefold()
        found = by_number.get(key) or by_email.get(key) or by_name.get(key) or []
        ids.append(found[0] if len(found) == 1 else None)
        codes.append({0: "person_unknown", 1: ""}.get(len(found), "person_ambiguous"))
    return pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "code": pa.array(codes, pa.string()),
            "person_id": pa.array(ids, pa.int64()),
        }
    )


def employments() -> pa.Table:
    """All employments: ``person_id, starts_on, ends_before``."""
    rows = list(Employment.objects.values_list("person_id", "starts_on", "ends_before"))
    return pa.table(
        {
            "person_id": pa.array([row[0] for row in rows], pa.int64()),
            "starts_on": pa.array([row[1] for row in rows], pa.date32()),
            "ends_before": pa.array([row[2] for row in rows], pa.date32()),
        }
    )


def remembered_mapping(kind: str, header_digest: str) -> ImportMapping | None:
    """How a file with this header was mapped the last time."""
    return ImportMapping.objects.filter(kind=kind, header_digest=header_digest).first()
