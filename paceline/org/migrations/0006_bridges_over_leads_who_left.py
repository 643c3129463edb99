"""Who reports to a lead who has left is below whoever led the lead: the closure is made anew."""

from django.db import migrations

CLOSURE = """
WITH RECURSIVE known(person_id) AS (
    SELECT person_id FROM org_reportingline
     UNION
    SELECT line.manager_id FROM known JOIN org_reportingline line USING (person_id)
), line AS (
    SELECT person_id, manager_id, starts_on, ends_before, daterange(starts_on, ends_before) AS days
      FROM org_reportingline JOIN known USING (person_id)
), bridge AS (
    SELECT line.person_id, line.manager_id,
           daterange(line.ends_before, LEAST(
               (SELECT min(later.starts_on) FROM org_employment later
                 WHERE later.person_id = line.person_id AND later.starts_on > line.ends_before),
               (SELECT min(later.starts_on) FROM line later
                 WHERE later.person_id = line.person_id AND later.starts_on >= line.ends_before)
           )) AS days
      FROM line
     WHERE EXISTS (SELECT FROM org_employment job
                    WHERE job.person_id = line.person_id AND job.ends_before = line.ends_before)
       AND NOT EXISTS (SELECT FROM org_employment job
                        WHERE job.person_id = line.person_id
                          AND daterange(job.starts_on, job.ends_before) @> line.ends_before)
), link AS (
    SELECT person_id, manager_id, days FROM line
     UNION ALL
    SELECT person_id, manager_id, days FROM bridge WHERE NOT isempty(days)
), around(foot, person_ids, days) AS (
    SELECT person_id, ARRAY[manager_id], days FROM bridge WHERE NOT isempty(days)
     UNION ALL
    SELECT around.foot, link.manager_id || around.person_ids, around.days * link.days
      FROM around
      JOIN link ON link.person_id = around.person_ids[1] AND link.days && around.days
     WHERE around.foot <> around.person_ids[1]
       AND NOT link.manager_id = ANY(around.person_ids)
       AND cardinality(around.person_ids) <= 30
), step AS (
    SELECT person_id, manager_id, days FROM line
     UNION ALL
    SELECT bridge.person_id, bridge.manager_id,
           unnest(datemultirange(bridge.days) - COALESCE(
               (SELECT range_agg(around.days) FROM around
                 WHERE around.foot = bridge.person_id
                   AND around.person_ids[1] = bridge.person_id), '{}'))
      FROM bridge WHERE NOT isempty(bridge.days)
), path(ancestor_id, descendant_id, depth, days) AS (
    SELECT manager_id, person_id, 1, days
      FROM line
     UNION ALL
    SELECT step.manager_id, path.descendant_id, path.depth + 1, path.days * step.days
      FROM path
      JOIN step ON step.person_id = path.ancestor_id AND step.days && path.days
     WHERE path.depth < 30
)
INSERT INTO org_reportingpath (ancestor_id, descendant_id, depth, starts_on, ends_before)
SELECT ancestor_id, descendant_id, depth, lower(days), upper(days)
  FROM path
 ORDER BY descendant_id, lower(days), depth
"""


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0005_region_probation_leaving"),
    ]

    operations = [
        migrations.RunSQL(
            ["DELETE FROM org_reportingpath", CLOSURE], reverse_sql=migrations.RunSQL.noop
        ),
    ]
