"""Finding records that look like one, as sets: by keys that they share, never each with each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from paceline.crm.likeness import SCORE_MIN, SHARED_MAX, weights
from paceline.crm.models import DOUBLED, PHONES, DuplicatePair
from paceline.crm.names import name_keys
from paceline.kernel import audit
from paceline.live.actions import publish
from paceline.org.models import Person

BATCH = 1_000
_HOST = "substring(lower(website) from '^(?:[a-z]+://)?(?:www[.])?([^/:?#[:space:]]+)')"


def _keys(kind: str) -> list[str]:
    """Queries of ``id, reason, key``; only records that are kept."""
    phones = ", ".join(f"'{one}'" for one in PHONES)
    found = [
        (
            f"SELECT id, 'name' AS reason, unnest(name_keys) AS key FROM crm_{kind}"
            " WHERE archived_at IS NULL"
        ),
        (
            f"SELECT p.{kind}_id, CASE WHEN p.kind = 'email' THEN 'mail'"
            f" WHEN p.kind IN ({phones}) THEN 'phone' ELSE 'chat' END,"
            f" CASE WHEN p.kind IN ({phones}) THEN 'phone' ELSE p.kind END || ' ' || p.normalised"
            f" FROM crm_contactpoint p JOIN crm_{kind} t ON t.id = p.{kind}_id"
            " WHERE t.archived_at IS NULL AND length(p.normalised) > 4"
        ),
    ]
    columns = {"company": ("registration", "number"), "contact": ("number",)}.get(kind, ())
    found += [
        f"SELECT id, '{name}', lower({name}) FROM crm_{kind}"
        f" WHERE archived_at IS NULL AND {name} <> ''"
        for name in columns
    ]
    if kind == "company":
        found.append(
            f"SELECT id, 'website', {_HOST} FROM crm_company"
            " WHERE archived_at IS NULL AND website <> ''"
        )
    return found


def _weights(kind: str) -> str:
    return " ".join(f"WHEN '{reason}' THEN {one}" for reason, one in weights(kind).items())


@transaction.atomic
def find_duplicates(*, kind: str, by: Person | None, at: datetime) -> int:
    """Look for pairs anew; those that were set apart stay so. Returns how many there are.

    Pairs repeat what the records say, so that finding them has no audit line of its own.
    """
    del by
    _complete_name_keys(kind)
    company = {
        "contact": "f.company_id = s.company_id",
        "lead": "lower(f.company_name) = lower(s.company_name) AND f.company_name <> ''",
    }.get(kind, "false")
    query = f"""
        INSERT INTO crm_duplicatepair AS known (kind, first, second, score, reasons, found_at)
        SELECT %(kind)s, first, second, least(100, sum(CASE reason {_weights(kind)} END)),
               array_agg(reason ORDER BY reason), %(at)s
        FROM (
            WITH keys AS MATERIALIZED (
                SELECT DISTINCT id, reason, key FROM ({" UNION ALL ".join(_keys(kind))}) k),
            telling AS MATERIALIZED (
                SELECT reason, key FROM keys GROUP BY 1, 2
                HAVING count(*) BETWEEN 2 AND {SHARED_MAX}),
            pairs AS (
                SELECT DISTINCT a.id AS first, b.id AS second, a.reason
                FROM telling t JOIN keys a USING (reason, key) JOIN keys b USING (reason, key)
                WHERE a.id < b.id)
            SELECT * FROM pairs
            UNION
            SELECT p.first, p.second, 'company' FROM pairs p
            JOIN crm_{kind} f ON f.id = p.first JOIN crm_{kind} s ON s.id = p.second
            WHERE {company}) reasons
        GROUP BY 2, 3 HAVING sum(CASE reason {_weights(kind)} END) >= {SCORE_MIN}
        ON CONFLICT (kind, first, second) DO UPDATE
        SET score = excluded.score, reasons = excluded.reasons, found_at = excluded.found_at
    """
    with connection.cursor() as cursor:
        cursor.execute(query, {"kind": kind, "at": at})
        found = int(cursor.rowcount)
    DuplicatePair.objects.filter(kind=kind, set_apart_at__isnull=True, found_at__lt=at).delete()
    publish("duplicates", "changed")
    return found


def _complete_name_keys(kind: str) -> None:
    """Records from before names were compared get what they are compared by."""
    model: Any = DOUBLED[kind]
    rows = model.objects.kept().filter(name_keys=[]).exclude(name="").order_by("pk")
    part = []
    for row in rows.iterator(chunk_size=BATCH):
        names = (row.name, getattr(row, "latin_name", ""))
        row.name_keys = name_keys(names, is_person=kind != "company")
        part.append(row)
    model.objects.bulk_update(part, ["name_keys"], batch_size=BATCH)


@transaction.atomic
def set_apart(*, pair: DuplicatePair, by: Person, at: datetime) -> DuplicatePair:
    """These are two customers, however alike they look."""
    found: DuplicatePair = DuplicatePair.objects.select_for_update().get(pk=pair.pk)
    if found.set_apart_at is None:
        found.set_apart_at, found.set_apart_by = at, by
        found.save(update_fields=["set_apart_at", "set_apart_by"])
        audit.record("pair_set_apart", subject=found, by=by, at=at)
        publish("duplicates", "changed")
    return found
