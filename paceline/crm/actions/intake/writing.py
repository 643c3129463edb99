"""Writing what a comparison planned: new records, changed ones with what they said before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from paceline.crm import hints
from paceline.crm.actions import boards, telling, waking
from paceline.crm.actions.intake import comparison
from paceline.crm.actions.intake.shapes import BY_NUMBER, COMPANY, CONTACT, Shape
from paceline.crm.models import Reach, Source, scope_of
from paceline.imports.actions import staging
from paceline.imports.kinds import Changes, Check, Commit
from paceline.kernel import findable, jobs
from paceline.live.actions import publish_all

LOCK = "crm records"
FINDABLE_BATCH = 5_000
ANALYZE_ROWS = 1_000


def lock() -> None:
    """Files of customers take turns."""
    staging.lock_target(LOCK)


def write(check: Check, shape: Shape, changes: Changes, commit: Commit) -> Changes:
    """Write the plan of ``compare``; how many records are new, changed, or say this already."""
    del check  # its rows are staged
    with connection.cursor() as cursor:
        run = _runner(cursor, commit)
        if shape.has_company:
            _add_companies(run)
            comparison.merge(shape)
        commit.step("changing")
        changed = _change(run, shape)
        commit.step("writing")
        new = _add(run, shape)
        _add_points(run, shape)
        _keep_origins(run, shape)
        _link_orders(cursor, shape, commit)
        if new + changed >= ANALYZE_ROWS:
            for table in (shape.table, "crm_contactpoint", "crm_externalkey"):
                cursor.execute(f"ANALYZE {table}")
        _let_be_found(cursor, shape, commit)
    return Changes(
        new=new, changed=changed, same=changes.new + changes.changed + changes.same - new - changed
    )


Run = Callable[..., int]


def _runner(cursor: Any, commit: Commit) -> Run:
    """Runs a statement in which %(source)s, %(by)s and %(at)s stand for this import."""
    known = {"source": commit.source.pk, "by": commit.by.pk, "at": commit.at,
             "file": Source.FILE, "team": Reach.TEAM}  # fmt: skip

    def run(query: str) -> int:
        cursor.execute(query, known)
        return int(cursor.rowcount)

    return run


_NEW_RECORD = (
    "team_id, owner_id, reach, source, custom, version, created_by_id, created_at, changed_at"
)
_REACH = "COALESCE((SELECT r.reach FROM crm_teamrules r WHERE r.team_id = {}.team_id), %(team)s)"


def _add_companies(run: Run) -> None:
    """Companies that are named and not known: one for each name and team, found by its lines."""
    run(
        "CREATE TEMP TABLE intake_companies ON COMMIT DROP AS"
        " SELECT nextval(pg_get_serial_sequence('crm_company', 'id')) AS id, n.* FROM ("
        "   SELECT DISTINCT ON (i.company_key->>0, i.team_id) i.company_key->>0 AS key, i.team_id,"
        "     i.owner_id, i.company_text AS name, i.company_key AS keys, i.row"
        "   FROM intake i JOIN intake_plan p USING (row)"
        "   WHERE i.company_text <> '' AND i.company_id IS NULL AND p.act IN ('new', 'known')"
        "   ORDER BY i.company_key->>0, i.team_id, i.row) n"
    )
    # A line that changes a known record says no team: the record's own is meant.
    reach = _REACH.format("c")
    run(
        f"INSERT INTO crm_company (id, name, name_keys, {_NEW_RECORD}, latin_name, number,"
        " registration, industry, website, address, country, territory, language, currency,"
        " lifecycle, source_detail)"
        " SELECT c.id, c.name, ARRAY(SELECT jsonb_array_elements_text(c.keys)), c.team_id,"
        f" c.owner_id, {reach}, %(file)s, '{{}}', 1, %(by)s, %(at)s, %(at)s, '', '', '', '', '',"
        " '', '', '', '', '', 'prospect', '' FROM intake_companies c"
    )
    run(
        "UPDATE intake i SET company_id = c.id FROM intake_companies c"
        " WHERE i.company_id IS NULL AND c.key = i.company_key->>0"
        " AND c.team_id IS NOT DISTINCT FROM i.team_id"
    )
    run(
        "INSERT INTO crm_importedrecord (source_import_id, company_id, row, version, is_new)"
        " SELECT %(source)s, id, row, 1, true FROM intake_companies"
    )


def _change(run: Run, shape: Shape) -> int:
    """Known records: what they said stays with the change, their version rises by one."""
    points = "CASE WHEN m.more_points <> '[]' THEN jsonb_build_object('points', {}) ELSE '{{}}' END"
    run(
        f"INSERT INTO crm_recordchange ({shape.kind}_id, version, at, by_id, before, after)"
        f" SELECT m.id, m.version + 1, %(at)s, %(by)s, m.before || {points.format('m.known_points')},"
        f" m.after || {points.format('m.known_points || m.more_points')}"
        " FROM intake_merged m WHERE m.differs"
    )
    columns = [*shape.facts]
    columns += ["languages"] if shape.is_spoken else []
    columns += ["company_id"] if shape.has_company else []
    columns += ["owner_id"] if shape.kind != "deal" else []
    settings = ", ".join(f"{name} = m.{name}" for name in columns)
    keys = ""
    if shape.has_points:
        keys = (", name_keys = CASE WHEN m.after ? 'name' OR m.after ? 'latin_name' THEN ARRAY("
                "SELECT jsonb_array_elements_text(i.name_keys)) ELSE t.name_keys END")  # fmt: skip
    changed = run(
        f"UPDATE {shape.table} t SET {settings}, custom = m.merged_custom{keys},"
        " version = t.version + 1, changed_at = %(at)s"
        " FROM intake_merged m JOIN intake i USING (row)"
        " WHERE t.id = m.id AND m.differs AND t.version = m.version"
    )
    run(
        f"INSERT INTO crm_importedrecord (source_import_id, {shape.kind}_id, row, version, is_new)"
        " SELECT %(source)s, id, row, version + 1, false FROM intake_merged WHERE differs"
    )
    return changed


def _add(run: Run, shape: Shape) -> int:
    run(
        "CREATE TEMP TABLE intake_new ON COMMIT DROP AS SELECT row,"
        f" nextval(pg_get_serial_sequence('{shape.table}', 'id')) AS id"
        " FROM (SELECT row FROM intake_plan WHERE act = 'new' ORDER BY row) p"
    )
    run("CREATE INDEX ON intake_new (row)")
    run("ANALYZE intake_new")
    defaults = {"lifecycle": "COALESCE(NULLIF(i.lifecycle, ''), 'prospect')",
                "status": "COALESCE(NULLIF(i.status, ''), 'new')"}  # fmt: skip
    values = {name: defaults.get(name, f"i.{name}") for name in shape.facts}
    if shape.has_points:
        values["name_keys"] = "ARRAY(SELECT jsonb_array_elements_text(i.name_keys))"
    if shape.is_spoken:
        values["languages"] = "CASE i.spoken WHEN '' THEN '{}'::varchar[] ELSE ARRAY[i.spoken] END"
    if shape.has_company:
        values["company_id"] = "i.company_id"
    values |= _FIXED[shape.kind]
    joins = ""
    if shape.kind == "deal":
        joins = "JOIN crm_stage s ON s.id = i.stage_id"
        _hold_columns()
    count = run(
        f"INSERT INTO {shape.table} (id, {_NEW_RECORD}, {', '.join(values)})"
        f" SELECT n.id, i.team_id, i.owner_id, {_REACH.format('i')}, %(file)s, i.custom, 1, %(by)s,"
        f" %(at)s, %(at)s, {', '.join(values.values())}"
        f" FROM intake i JOIN intake_new n USING (row) {joins} ORDER BY n.id"
    )
    if shape.kind == "deal":
        _begin_deals(run)
    run(
        f"INSERT INTO crm_importedrecord (source_import_id, {shape.kind}_id, row, version, is_new)"
        " SELECT %(source)s, id, row, 1, true FROM intake_new"
    )
    return count


# What no file says of a new record.
_FIXED: dict[str, dict[str, str]] = {
    "company": {"currency": "''"},
    "contact": {"time_zone": "''"},
    "lead": {"why_not": "''"},
    "deal": {
        "pipeline_id": "i.pipeline_id",
        "stage_id": "i.stage_id",
        "entered_at": "%(at)s",
        "lost_note": "''",
        "has_no_competitor": "false",
        "expected_close_on": "CASE s.kind WHEN 'open' THEN i.close_on END",
        "closed_on": "CASE s.kind WHEN 'open' THEN NULL ELSE i.close_on END",
        "board_rank": "COALESCE((SELECT min(d.board_rank) FROM crm_deal d"
        f" WHERE d.stage_id = i.stage_id), 0) - {boards.GAP} * row_number() OVER ("
        "PARTITION BY i.stage_id ORDER BY i.row DESC)",
    },
}


def _hold_columns() -> None:
    """Cards come on top of columns that are held, as when one is added by hand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT stage_id FROM intake JOIN intake_new USING (row)")
        ids = [row[0] for row in cursor.fetchall()]
    boards.lock_stages(*ids)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_stage SET version = version + 1 WHERE id = ANY(%s)", [ids])


def _begin_deals(run: Run) -> None:
    """The owner has the whole of a new deal, and it came to its stage."""
    run(
        "INSERT INTO crm_dealcontributor (deal_id, person_id, kind, share)"
        " SELECT n.id, i.owner_id, 'owner', 1 FROM intake i JOIN intake_new n USING (row)"
        " WHERE i.owner_id IS NOT NULL"
    )
    run(
        "INSERT INTO crm_stagechange (deal_id, from_stage_id, to_stage_id, at, by_id)"
        " SELECT n.id, NULL, i.stage_id, %(at)s, %(by)s FROM intake i JOIN intake_new n USING (row)"
    )


def _records(shape: Shape) -> str:
    """Lines with the record that they became or changed."""
    del shape
    return (
        "(SELECT row, id FROM intake_new UNION ALL"
        " SELECT row, id FROM intake_merged WHERE differs) r"
    )


def _add_points(run: Run, shape: Shape) -> None:
    if not shape.has_points:
        return
    run(
        f"INSERT INTO crm_contactpoint ({shape.kind}_id, kind, value, normalised, label, rank)"
        " SELECT r.id, p.e->>0, p.e->>1, p.e->>3, p.e->>2,"
        f" COALESCE((SELECT max(k.rank) + 1 FROM crm_contactpoint k WHERE k.{shape.kind}_id = r.id), 0)"
        "   + p.place - 1"
        f" FROM {_records(shape)} JOIN intake i USING (row)"
        " CROSS JOIN LATERAL jsonb_array_elements(i.points) WITH ORDINALITY p (e, place)"
        " ORDER BY r.id, p.place ON CONFLICT DO NOTHING"
    )


def _keep_origins(run: Run, shape: Shape) -> None:
    """What the other system calls the record, so that its next export finds it."""
    run(
        f"INSERT INTO crm_externalkey (team_id, origin, value, {shape.kind}_id, source_import_id)"
        " SELECT t.team_id, i.origin, i.external_id, t.id, %(source)s"
        " FROM (SELECT row, id FROM intake_new UNION ALL"
        "       SELECT row, id FROM intake_plan WHERE act = 'known') r"
        f" JOIN intake i USING (row) JOIN {shape.table} t ON t.id = r.id"
        " WHERE i.external_id <> '' ORDER BY t.id ON CONFLICT DO NOTHING"
    )


def _link_orders(cursor: Any, shape: Shape, commit: Commit) -> None:
    """Orders that name the customer's number become their history.

    Only orders of people whose customers whoever brings the file may change, and only where one
    record bears the number: a file must not open the orders of others.
    """
    if shape not in (COMPANY, CONTACT):
        return
    scope = scope_of(commit.by)
    cursor.execute(
        f"""
        INSERT INTO crm_orderlink ({shape.kind}_id, source, order_number, rule, linked_at, linked_by_id)
        SELECT t.id, o.source, o.order_number, '{BY_NUMBER}', %(at)s, %(by)s
        FROM {_records(shape)} JOIN {shape.table} t ON t.id = r.id AND t.number <> ''
        JOIN (SELECT source, order_number, min(customer) AS customer FROM orders_orderline
              WHERE customer IN (SELECT number FROM intake WHERE number <> '')
              GROUP BY 1, 2 HAVING min(customer) = max(customer) AND bool_and(person_id = ANY(%(people)s)
                  OR person_id IN (SELECT person_id FROM org_teammembership WHERE team_id = ANY(%(teams)s)))
             ) o ON o.customer = t.number
        WHERE NOT EXISTS (SELECT 1 FROM {shape.table} x WHERE x.number = t.number
                          AND x.id <> t.id AND x.archived_at IS NULL)
        ON CONFLICT DO NOTHING
        """,
        {"at": commit.at, "by": commit.by.pk, "people": list(scope.people),
         "teams": list(scope.all_teams)},
    )  # fmt: skip


def _let_be_found(cursor: Any, shape: Shape, commit: Commit) -> None:
    if shape.has_company:
        cursor.execute("SELECT id FROM intake_companies ORDER BY id")
        companies = [row[0] for row in cursor.fetchall()]
        findable.changed("company", companies)
        telling.tell_added("company", companies, commit.at)
    cursor.execute(f"SELECT id FROM {_records(shape)} ORDER BY id")
    ids = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(ids), FINDABLE_BATCH):
        commit.step("writing")
        findable.changed(shape.kind, ids[start : start + FINDABLE_BATCH])
    cursor.execute("SELECT id FROM intake_new")
    new = {row[0] for row in cursor.fetchall()}
    telling.tell_added(shape.kind, [pk for pk in ids if pk in new], commit.at)
    telling.tell_imported(shape.kind, [pk for pk in ids if pk not in new], commit.at)
    publish_all([hints.LISTS[shape.kind]], "changed")
    waking.wake()
    if shape.has_points and ids:
        jobs.enqueue("crm.find_duplicates", lock="crm.find_duplicates", kind=shape.kind,
                     by_id=commit.by.pk)  # fmt: skip
