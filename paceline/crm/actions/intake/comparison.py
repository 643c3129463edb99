"""The accepted lines beside the records that are known: which are new, which change what.

Nothing is written here but temporary tables. A line meets only records that whoever brings the file
may change; what it is likened to are records that they may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection

from paceline.crm.actions.intake.shapes import OF_DEALS, STAGED, Shape
from paceline.crm.models import MODELS, PHONES, Company, PointKind, scope_of
from paceline.imports import checking
from paceline.imports.kinds import Changes, Check
from paceline.org.models import Person

Problem = tuple[int, str, str, dict[str, Any]]
BATCH_ROWS = 50_000
LIKES_MAX = 20
# The host of a website, without the signs around it.
HOST = "substring(lower({}.website) from '^(?:[a-z]+://)?(?:www[.])?([^/:?#[:space:]]+)')"
TOLD_MAX = 3


def compare(check: Check, shape: Shape) -> Changes:
    """Stage the accepted lines and plan what each will do; counts, problems and notes.

    Leaves ``intake``, ``intake_plan`` (row, id, act) and ``intake_merged`` behind.
    """
    person = _person(check)
    _stage(check, shape)
    errors = _strange_owners(person)
    if shape.kind == "deal":
        errors += _place_deals()
    if shape.has_company:
        _find_companies(person)
    errors += _find_known(person, shape)
    notes, like_errors = _find_likes(person, shape)
    errors += like_errors + _plan()
    notes += _told_known(shape)
    if errors:
        checking.refuse_rows(check, errors)
        rows = sorted({row for row, *_rest in errors})
        _run("DELETE FROM intake WHERE row = ANY(%s)", [rows])
        _run("DELETE FROM intake_plan WHERE row = ANY(%s)", [rows])
    checking.note_rows(check, notes)
    merge(shape)
    ((new, changed, same),) = _rows(
        "SELECT count(*) FILTER (WHERE p.act = 'new'), count(*) FILTER (WHERE m.differs),"
        " count(*) FILTER (WHERE p.act <> 'new' AND m.differs IS NOT TRUE)"
        " FROM intake_plan p LEFT JOIN intake_merged m USING (row)"
    )
    return Changes(new=new, changed=changed, same=same)


def _person(check: Check) -> Person:
    if check.by is None:
        raise ValueError(check.kind.key)
    return check.by


def _run(query: str, parameters: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        return int(cursor.rowcount)


def _rows(query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        return list(cursor.fetchall())


def _stage(check: Check, shape: Shape) -> None:
    deals = OF_DEALS if shape.kind == "deal" else ()
    facts = [*((name, "text") for name in shape.texts), *shape.others, *deals]
    known = {one.name for one in check.kind.fields}
    lines = {
        "mode": "COALESCE(mode, 'both')",
        "likeness": "COALESCE(likeness, 'create')" if "likeness" in known else "'create'",
        "origin": "lower(trim(origin))",
        "external_id": "external_id",
        "team_id": "TRY_CAST(team AS BIGINT)" if "team" in known else "NULL",
        "owner_id": "owner_id",
        "mail": "mail" if shape.by_mail else "''",
        "name_keys": "name_keys",
        "company_key": "company_key" if shape.has_company else "'[]'",
        "company_text": "company" if shape.has_company else "''",
        "points": "points",
        "custom": "custom",
        "spoken": "COALESCE(languages, '')" if shape.is_spoken else "''",
        **{name: f"COALESCE({name}, '')" for name in shape.texts},
        **{name: name for name, _type in shape.others},
    }
    if deals:
        lines |= {"pipeline_id": "TRY_CAST(pipeline AS BIGINT)", "stage": "stage",
                  "close_on": "close_on"}  # fmt: skip
    chosen = ", ".join(f"{value} AS {name}" for name, value in lines.items())
    reader = check.duck.sql(f"SELECT row, {chosen} FROM accepted ORDER BY row").to_arrow_reader(
        BATCH_ROWS
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.intake, pg_temp.intake_known, pg_temp.intake_likes,"
            " pg_temp.intake_plan, pg_temp.intake_merged, pg_temp.intake_new,"
            " pg_temp.intake_companies"
        )
        cursor.execute(STAGED.format(facts=", ".join(f"{name} {kind}" for name, kind in facts)))
        copy = f"COPY pg_temp.intake (row, {', '.join(lines)}) FROM STDIN (FORMAT csv)"
        with cursor.copy(copy) as out:
            for batch in reader:
                buffer = BytesIO()
                pa.csv.write_csv(batch, buffer, pa.csv.WriteOptions(include_header=False))
                out.write(buffer.getbuffer())
        cursor.execute("ANALYZE pg_temp.intake")


def _strange_owners(person: Person) -> list[Problem]:
    """Records are given to people of one's own team and below."""
    scope = scope_of(person)
    rows = _rows(
        "SELECT i.row, p.name FROM intake i JOIN org_person p ON p.id = i.owner_id"
        " WHERE i.owner_id <> ALL(%s) AND NOT EXISTS (SELECT 1 FROM org_teammembership m"
        " WHERE m.person_id = i.owner_id AND m.team_id = ANY(%s))",
        [list(scope.people), list(scope.all_teams)],
    )
    return [(row, "owner", "owner_not_yours", {"value": name}) for row, name in rows]


def _place_deals() -> list[Problem]:
    """The team, the stage and the currency of each deal, by its pipeline."""
    _run(
        "UPDATE intake i SET team_id = p.team_id,"
        " currency = COALESCE(NULLIF(i.currency, ''), p.currency)"
        " FROM crm_pipeline p WHERE p.id = i.pipeline_id"
    )
    _run(
        "UPDATE intake i SET stage_id = (SELECT s.id FROM crm_stage s"
        " WHERE s.pipeline_id = i.pipeline_id AND s.retired_at IS NULL"
        " AND CASE WHEN i.stage = '' THEN s.kind = 'open' ELSE lower(s.name) = lower(i.stage)"
        " OR (lower(i.stage) IN ('closed won', 'closedwon', 'won', '赢单', '贏單', '成交', '已成交')"
        "     AND s.kind = 'won')"
        " OR (lower(i.stage) IN ('closed lost', 'closedlost', 'lost', '输单', '輸單', '丢单')"
        "     AND s.kind = 'lost') END"
        " ORDER BY lower(s.name) = lower(i.stage) DESC, s.rank LIMIT 1)"
    )
    unknown = _rows("SELECT row, stage FROM intake WHERE stage_id IS NULL")
    undated = _rows(
        "SELECT row FROM intake i JOIN crm_stage s ON s.id = i.stage_id"
        " WHERE s.kind <> 'open' AND i.close_on IS NULL"
    )
    return [
        *((row, "stage", "stage_unknown", {"value": stage}) for row, stage in unknown),
        *((row, "close_on", "close_date_missing", {}) for (row,) in undated),
    ]


def _find_companies(person: Person) -> None:
    """The company that a line names: one that the person sees, of the same team first."""
    query, parameters = _seen(Company.objects.visible_to(person))
    _run(
        "UPDATE intake i SET company_id = f.id FROM ("
        " SELECT DISTINCT ON (w.key, w.team_id) w.key, w.team_id, c.id"
        " FROM (SELECT DISTINCT company_key->>0 AS key, team_id FROM intake) w"
        f" JOIN (SELECT id, team_id, unnest(name_keys) AS key FROM ({query}) seen) c USING (key)"
        " ORDER BY w.key, w.team_id, c.team_id = w.team_id DESC, c.id) f"
        " WHERE f.key = i.company_key->>0 AND f.team_id IS NOT DISTINCT FROM i.team_id",
        parameters,
    )


def _seen(rows: Any) -> tuple[str, tuple[Any, ...]]:
    """A query of the ids, teams and name keys of records, for use inside another one."""
    compiler = rows.kept().order_by().values("id", "team_id", "name_keys").query
    query, parameters = compiler.sql_with_params()
    return query, tuple(parameters)


def _find_known(person: Person, shape: Shape) -> list[Problem]:
    """``intake_known``: the record of each line that has a key of one, the surest key first."""
    scope = scope_of(person)
    parts = [
        (
            f"SELECT i.row, k.{shape.kind}_id AS id, 1 AS sure FROM intake i"
            " JOIN crm_externalkey k ON k.origin = i.origin AND k.value = i.external_id"
            f" WHERE i.external_id <> '' AND k.{shape.kind}_id IS NOT NULL"
        ),
        *(
            f"SELECT i.row, t.id, {place} FROM intake i JOIN {shape.table} t ON t.{key} = i.{key}"
            f" WHERE i.{key} <> ''"
            for place, key in enumerate(shape.keys, start=2)
        ),
    ]
    if shape.by_mail:
        parts.append(
            f"SELECT i.row, p.{shape.kind}_id, 9 FROM intake i JOIN crm_contactpoint p"
            f" ON p.normalised = i.mail AND p.kind = '{PointKind.EMAIL}'"
            f" WHERE i.mail <> '' AND p.{shape.kind}_id IS NOT NULL"
        )
    _run(
        "CREATE TEMP TABLE intake_known ON COMMIT DROP AS"
        " WITH hits AS (SELECT DISTINCT h.row, h.id, h.sure FROM ("
        + " UNION ALL ".join(parts)
        + f") h JOIN {shape.table} t ON t.id = h.id"
        " WHERE t.archived_at IS NULL AND (t.owner_id = ANY(%s) OR t.team_id = ANY(%s)))"
        " SELECT row, array_agg(DISTINCT id ORDER BY id) AS ids"
        " FROM (SELECT *, min(sure) OVER (PARTITION BY row) AS surest FROM hits) h"
        " WHERE sure = surest GROUP BY row",
        [list(scope.people), list(scope.all_teams)],
    )
    several = _rows("SELECT row, ids FROM intake_known WHERE cardinality(ids) > 1")
    _run("DELETE FROM intake_known WHERE cardinality(ids) > 1")
    return [(row, "", "several_known", _named(shape, ids)) for row, ids in several]


def _named(shape: Shape, ids: Sequence[int], reasons: Sequence[str] = ()) -> dict[str, Any]:
    """Which records are meant. Their names are looked up when somebody reads it."""
    shown = list(ids)[:TOLD_MAX]
    params: dict[str, Any] = {"of": shape.kind, "ids": shown}
    params["record"] = ", ".join(f"#{pk}" for pk in shown)
    return params | ({"reasons": list(reasons)} if reasons else {})


def _find_likes(person: Person, shape: Shape) -> tuple[list[Problem], list[Problem]]:
    """``intake_likes``: what lines without a known record look like, and why."""
    if not shape.has_points:
        _run("CREATE TEMP TABLE intake_likes (row bigint, ids bigint[]) ON COMMIT DROP")
        return [], []
    query, parameters = _seen(MODELS[shape.kind].objects.visible_to(person))
    phones = ", ".join(f"'{one}'" for one in PHONES)
    company = {"contact": "AND t.company_id IS NOT DISTINCT FROM w.company_id",
               "lead": "AND lower(t.company_name) = lower(w.company_name)"}.get(shape.kind, "")  # fmt: skip
    joined = f"JOIN {shape.table} t ON t.id = s.id"
    web = (
        f" UNION ALL SELECT w.row, t.id, 'website' FROM waiting w JOIN {shape.table} t"
        f" ON {HOST.format('t')} = {HOST.format('w')} JOIN seen s ON s.id = t.id"
        " WHERE w.website <> ''"
        if shape.kind == "company"
        else ""
    )
    _run(
        f"""
        CREATE TEMP TABLE intake_likes ON COMMIT DROP AS
        WITH seen AS MATERIALIZED ({query}),
        waiting AS MATERIALIZED (
            SELECT * FROM intake i WHERE NOT EXISTS (
                SELECT 1 FROM intake_known k WHERE k.row = i.row)),
        hits AS (
            SELECT w.row, s.id, 'name' AS reason
            FROM (SELECT *, jsonb_array_elements_text(name_keys) AS key FROM waiting) w
            JOIN (SELECT id, unnest(name_keys) AS key FROM seen) s USING (key)
            {joined} WHERE true {company}
            UNION ALL
            SELECT w.row, s.id, 'phone'
            FROM (SELECT row, e FROM waiting, jsonb_array_elements(points) e) w
            JOIN crm_contactpoint p ON p.normalised = w.e->>3 AND p.kind IN ({phones})
            JOIN seen s ON s.id = p.{shape.kind}_id
            WHERE w.e->>0 IN ({phones})
            {web})
        SELECT row, array_agg(DISTINCT id ORDER BY id) AS ids,
               array_agg(DISTINCT reason ORDER BY reason) AS reasons
        FROM hits GROUP BY row HAVING count(DISTINCT id) <= {LIKES_MAX}
        """,
        parameters,
    )
    rows = _rows(
        "SELECT l.row, l.ids, l.reasons, i.likeness, i.mode FROM intake_likes l"
        " JOIN intake i USING (row)"
    )
    notes: list[Problem] = []
    errors: list[Problem] = []
    for row, ids, reasons, likeness, _mode in rows:
        code = "looks_like_skipped" if likeness == "leave_out" else "looks_like"
        if likeness == "same" and len(ids) > 1:
            errors.append((row, "", "several_known", _named(shape, ids)))
        else:
            notes.append((row, "", code, _named(shape, ids, reasons)))
    return notes, errors


def _plan() -> list[Problem]:
    """``intake_plan``: each line is new, changes a known record, or is left out."""
    _run(
        "CREATE TEMP TABLE intake_plan ON COMMIT DROP AS"
        " SELECT i.row, f.id, CASE"
        " WHEN f.id IS NOT NULL THEN CASE i.mode WHEN 'create' THEN 'left' ELSE 'known' END"
        " WHEN l.row IS NOT NULL AND i.likeness = 'leave_out' THEN 'left'"
        " WHEN i.mode = 'update' THEN 'missing' ELSE 'new' END AS act"
        " FROM intake i LEFT JOIN intake_known k USING (row) LEFT JOIN intake_likes l USING (row)"
        " CROSS JOIN LATERAL (SELECT COALESCE(k.ids[1], CASE WHEN i.likeness = 'same'"
        "     AND cardinality(l.ids) = 1 THEN l.ids[1] END) AS id) f"
    )
    _run("CREATE INDEX ON intake_plan (row)")
    _run("ANALYZE intake_plan")
    missing = _rows("SELECT row FROM intake_plan WHERE act = 'missing'")
    # Two lines that are taken as one known record would overwrite each other.
    twice = _rows(
        "SELECT unnest(rows), rows[1:5] FROM (SELECT array_agg(row ORDER BY row) AS rows"
        " FROM intake_plan WHERE act = 'known' GROUP BY id HAVING count(*) > 1) t"
    )
    return [
        *((row, "", "record_unknown", {}) for (row,) in missing),
        *((row, "", "same_record", {"rows": rows}) for row, rows in twice),
    ]


def _told_known(shape: Shape) -> list[Problem]:
    rows = _rows("SELECT p.row, p.id FROM intake_plan p WHERE p.act = 'left' AND p.id IS NOT NULL")
    return [(row, "", "known_already", _named(shape, [pk])) for row, pk in rows]


def merge(shape: Shape) -> None:
    """``intake_merged``: each known record as it will be, and what of it differs.

    An empty cell changes nothing. Numbers and addresses are added, never taken away.
    """
    has_lines = "EXISTS (SELECT 1 FROM crm_dealline l WHERE l.deal_id = t.id)"
    values = {name: f"COALESCE(NULLIF(i.{name}, ''), t.{name})" for name in shape.texts}
    values |= {name: f"COALESCE(i.{name}, t.{name})" for name, _type in shape.others}
    if shape.kind == "deal":
        for name in ("amount", "currency"):
            values[name] = f"CASE WHEN {has_lines} THEN t.{name} ELSE {values[name]} END"
    if shape.is_spoken:
        values["languages"] = (
            "CASE WHEN i.spoken = '' OR i.spoken = ANY(t.languages) THEN t.languages"
            " ELSE t.languages || i.spoken::varchar END"
        )
    if shape.has_company:
        values["company_id"] = "COALESCE(i.company_id, t.company_id)"
    if shape.kind != "deal":
        values["owner_id"] = "COALESCE(i.owner_id, t.owner_id)"
    told = {name: name.removesuffix("_id") for name in values}
    number = {"amount": "to_jsonb(trim_scale({}.amount)::text)"}
    old = ", ".join(
        f"'{said}', " + number.get(name, f"to_jsonb({{}}.{name})").format("t")
        for name, said in told.items()
    )
    new = ", ".join(
        f"'{said}', " + number.get(name, f"to_jsonb({{}}.{name})").format("v")
        for name, said in told.items()
    )
    points = (
        f"(SELECT COALESCE(jsonb_agg(jsonb_build_array(p.kind, p.value, p.label)"
        f" ORDER BY p.rank, p.id), '[]') FROM crm_contactpoint p WHERE p.{shape.kind}_id = t.id)"
        if shape.has_points
        else "'[]'::jsonb"
    )
    more = (
        "(SELECT COALESCE(jsonb_agg(jsonb_build_array(e->>0, e->>1, e->>2)), '[]')"
        " FROM jsonb_array_elements(i.points) e WHERE NOT EXISTS (SELECT 1 FROM crm_contactpoint p"
        f" WHERE p.{shape.kind}_id = t.id AND p.kind = e->>0 AND p.normalised = e->>3))"
        if shape.has_points
        else "'[]'::jsonb"
    )
    creates = "(i.company_text <> '' AND i.company_id IS NULL)" if shape.has_company else "false"
    _run("DROP TABLE IF EXISTS pg_temp.intake_merged")
    _run(
        f"""
        CREATE TEMP TABLE intake_merged ON COMMIT DROP AS
        WITH every AS (
            SELECT i.row, t.id, t.version, v.*, t.custom || i.custom AS merged_custom,
                   jsonb_build_object({old}, 'custom', t.custom) AS old,
                   jsonb_build_object({new}, 'custom', t.custom || i.custom) AS new,
                   {points} AS known_points, {more} AS more_points, {creates} AS creates
            FROM intake i JOIN intake_plan p ON p.row = i.row AND p.act = 'known'
            JOIN {shape.table} t ON t.id = p.id
            CROSS JOIN LATERAL (SELECT {", ".join(f"{v} AS {n}" for n, v in values.items())}) v)
        SELECT e.*, d.before, d.after,
               d.after <> '{{}}' OR e.more_points <> '[]' OR e.creates AS differs
        FROM every e CROSS JOIN LATERAL (
            SELECT COALESCE(jsonb_object_agg(o.key, o.value), '{{}}') AS before,
                   COALESCE(jsonb_object_agg(o.key, e.new->o.key), '{{}}') AS after
            FROM jsonb_each(e.old) o WHERE o.value IS DISTINCT FROM e.new->o.key) d
        """
    )
    _run("CREATE INDEX ON intake_merged (row)")
    _run("ANALYZE intake_merged")
