"""Taking a file of customers back: new records go, changed ones say again what they said."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction

from paceline.crm import hints
from paceline.crm.actions import telling, waking
from paceline.crm.actions.intake.shapes import COMPANY, Shape
from paceline.crm.models import MODELS, ImportedRecord
from paceline.crm.names import name_keys
from paceline.crm.queries.waiting import RULES
from paceline.imports.kinds import Commit, UndoRefused
from paceline.kernel import findable
from paceline.live.actions import publish_all

# How a column reads what a change kept in JSON; other columns are text.
_READ = {
    "people_count": "(c.before->>'people_count')::integer",
    "amount": "(c.before->>'amount')::numeric",
    "next_step_on": "(c.before->>'next_step_on')::date",
    "languages": "ARRAY(SELECT jsonb_array_elements_text(c.before->'languages'))",
    "custom": "c.before->'custom'",
    "company_id": "(c.before->>'company')::bigint",
    "owner_id": "(c.before->>'owner')::bigint",
}
BATCH = 1_000


def undo(commit: Commit, shape: Shape) -> None:
    """Raises ``UndoRefused`` while a record changed since or something hangs on a new one."""
    kinds = [shape.kind, *(["company"] if shape.has_company else [])]
    for kind in kinds:
        _refuse_changed(commit, kind)
    touched = {kind: _ids(commit, kind) for kind in kinds}
    new = {kind: _ids(commit, kind, is_new=True) for kind in kinds}
    try:
        with transaction.atomic():
            _say_again(commit, shape)
            for one in (shape, *((COMPANY,) if shape.has_company else ())):
                _remove(commit, one)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise UndoRefused("undo_still_used") from error
    for kind, ids in touched.items():
        findable.changed(kind, ids)
        gone = set(new[kind])
        telling.tell_removed(kind, new[kind], commit.at)
        telling.tell_imported(kind, [pk for pk in ids if pk not in gone], commit.at)
        publish_all([hints.LISTS[kind]], "changed")
    waking.wake()


def _ids(commit: Commit, kind: str, **more: bool) -> list[int]:
    rows = ImportedRecord.objects.filter(
        source_import=commit.source, **{f"{kind}__isnull": False}, **more
    )
    return list(rows.order_by("pk").values_list(f"{kind}_id", flat=True))


def _run(query: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return int(cursor.rowcount)


def _refuse_changed(commit: Commit, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM crm_importedrecord r JOIN crm_{kind} t ON t.id = r.{kind}_id"
            " WHERE r.source_import_id = %s AND (t.version <> r.version OR t.archived_at IS NOT NULL)",
            [commit.source.pk],
        )
        (changed,) = cursor.fetchone()
    if changed:
        raise UndoRefused("rows_changed_since", rows=changed)


def _say_again(commit: Commit, shape: Shape) -> None:
    """Changed records: a change back, so that whoever has one open is told."""
    kind, table = shape.kind, shape.table
    told = {"source": commit.source.pk, "by": commit.by.pk, "at": commit.at}
    mine = (
        f"crm_importedrecord r JOIN crm_recordchange c ON c.{kind}_id = r.{kind}_id"
        f" AND c.version = r.version JOIN {table} t ON t.id = r.{kind}_id"
    )
    where = "r.source_import_id = %(source)s AND NOT r.is_new"
    if shape.has_points:
        _run(
            f"DELETE FROM crm_contactpoint p USING {mine} WHERE {where} AND p.{kind}_id = t.id"
            " AND c.after ? 'points' AND NOT c.before->'points' @>"
            " jsonb_build_array(jsonb_build_array(p.kind, p.value, p.label))",
            told,
        )
    columns = [*shape.facts, "custom"]
    columns += ["languages"] if shape.is_spoken else []
    columns += ["company_id"] if shape.has_company else []
    columns += ["owner_id"] if kind != "deal" else []
    settings = ", ".join(
        f"{name} = CASE WHEN c.before ? '{name.removesuffix('_id')}'"
        f" THEN {_READ.get(name, f'c.before->>{name!r}')} ELSE x.{name} END"
        for name in columns
    )
    _run(
        f"INSERT INTO crm_recordchange ({kind}_id, version, at, by_id, before, after)"
        f" SELECT t.id, t.version + 1, %(at)s, %(by)s, c.after, c.before FROM {mine} WHERE {where}",
        told,
    )
    _run(
        f"UPDATE {table} x SET {settings}, version = x.version + 1, changed_at = %(at)s"
        f" FROM {mine} WHERE {where} AND x.id = t.id",
        told,
    )
    if shape.has_points:
        _name_again(commit, kind)


def _name_again(commit: Commit, kind: str) -> None:
    """What names are compared by follows the names that stand again."""
    model = MODELS[kind]
    ids = ImportedRecord.objects.filter(
        source_import=commit.source, is_new=False, **{f"{kind}__isnull": False}
    ).values_list(f"{kind}_id", flat=True)
    rows = model.objects.filter(pk__in=list(ids)).order_by("pk")
    part = []
    for row in rows.iterator(chunk_size=BATCH):
        names = (row.name, getattr(row, "latin_name", ""))
        row.name_keys = name_keys(names, is_person=kind != "company")
        part.append(row)
    model.objects.bulk_update(part, ["name_keys"], batch_size=BATCH)


def _remove(commit: Commit, shape: Shape) -> None:
    """New records go with what hangs on them from this file. Deals are put away: the log of their
    moves stands for ever."""
    kind, table = shape.kind, shape.table
    told = {"source": commit.source.pk, "at": commit.at}
    new = (
        f"SELECT {kind}_id FROM crm_importedrecord WHERE source_import_id = %(source)s AND is_new"
        f" AND {kind}_id IS NOT NULL"
    )
    _run(
        f"DELETE FROM crm_externalkey WHERE source_import_id = %(source)s"
        f" AND {kind}_id IS NOT NULL",
        told,
    )
    if kind == "deal":
        _run(
            f"UPDATE {table} SET archived_at = %(at)s, changed_at = %(at)s, version = version + 1,"
            f" company_id = NULL WHERE id IN ({new})",
            told,
        )
        return
    if kind != "lead":
        _run(
            f"DELETE FROM crm_orderlink WHERE rule IN {RULES} AND credited_at IS NULL"
            f" AND deal_id IS NULL AND {kind}_id IN ({new})",
            told,
        )
    _run(f"DELETE FROM crm_contactpoint WHERE {kind}_id IN ({new})", told)
    _run(
        f"WITH gone AS (DELETE FROM crm_importedrecord WHERE source_import_id = %(source)s"
        f" AND is_new AND {kind}_id IS NOT NULL RETURNING {kind}_id)"
        f" DELETE FROM {table} WHERE id IN (SELECT {kind}_id FROM gone)",
        told,
    )
