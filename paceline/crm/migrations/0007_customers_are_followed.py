from __future__ import annotations

from django.db import migrations

# What the job itself links it counts itself: then these keep silent.
SILENT = "IF current_setting('paceline.following', true) = 'on' THEN RETURN NULL; END IF;"

RECORDS = f"""
CREATE FUNCTION crm_company_is_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SILENT}
    INSERT INTO crm_touchedcustomer (company_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION crm_contact_is_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SILENT}
    INSERT INTO crm_touchedcustomer (contact_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER company_comes AFTER INSERT ON crm_company
    FOR EACH ROW WHEN (NEW.number <> '') EXECUTE FUNCTION crm_company_is_touched();
CREATE TRIGGER company_changes AFTER UPDATE ON crm_company FOR EACH ROW WHEN (
    (NEW.number, NEW.archived_at, NEW.team_id, NEW.owner_id, NEW.reach) IS DISTINCT FROM
    (OLD.number, OLD.archived_at, OLD.team_id, OLD.owner_id, OLD.reach))
    EXECUTE FUNCTION crm_company_is_touched();
CREATE TRIGGER contact_comes AFTER INSERT ON crm_contact
    FOR EACH ROW WHEN (NEW.number <> '') EXECUTE FUNCTION crm_contact_is_touched();
CREATE TRIGGER contact_changes AFTER UPDATE ON crm_contact FOR EACH ROW WHEN (
    (NEW.number, NEW.archived_at, NEW.team_id, NEW.owner_id, NEW.reach) IS DISTINCT FROM
    (OLD.number, OLD.archived_at, OLD.team_id, OLD.owner_id, OLD.reach))
    EXECUTE FUNCTION crm_contact_is_touched();
"""  # noqa: S608 - our own words
NO_RECORDS = """
DROP TRIGGER company_comes ON crm_company;
DROP TRIGGER company_changes ON crm_company;
DROP TRIGGER contact_comes ON crm_contact;
DROP TRIGGER contact_changes ON crm_contact;
DROP FUNCTION crm_company_is_touched();
DROP FUNCTION crm_contact_is_touched();
"""
POINTS = f"""
CREATE FUNCTION crm_points_touch_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SILENT}
    INSERT INTO crm_touchedcustomer (company_id, contact_id)
    SELECT DISTINCT company_id, contact_id FROM touched WHERE lead_id IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER points_come AFTER INSERT ON crm_contactpoint
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION crm_points_touch_customers();
CREATE TRIGGER points_change AFTER UPDATE ON crm_contactpoint
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT
    EXECUTE FUNCTION crm_points_touch_customers();
"""  # noqa: S608 - our own words
NO_POINTS = """
DROP TRIGGER points_come ON crm_contactpoint;
DROP TRIGGER points_change ON crm_contactpoint;
DROP FUNCTION crm_points_touch_customers();
"""
# A link that comes, moves or goes changes what its customers bought, and whether its order waits.
LINKS = f"""
CREATE FUNCTION crm_links_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SILENT}
    INSERT INTO crm_touchedcustomer (company_id)
    SELECT DISTINCT company_id FROM touched WHERE company_id IS NOT NULL;
    INSERT INTO crm_touchedcustomer (contact_id)
    SELECT DISTINCT contact_id FROM touched WHERE contact_id IS NOT NULL;
    INSERT INTO orders_touchedorder (source, order_number)
    SELECT DISTINCT source, order_number FROM touched;
    RETURN NULL;
END $$;
CREATE TRIGGER links_come AFTER INSERT ON crm_orderlink
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION crm_links_touch();
CREATE TRIGGER links_change AFTER UPDATE ON crm_orderlink
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION crm_links_touch();
CREATE TRIGGER links_go AFTER DELETE ON crm_orderlink
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION crm_links_touch();
CREATE FUNCTION crm_link_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crm_touchedcustomer (company_id) SELECT OLD.company_id
        WHERE OLD.company_id IS NOT NULL;
    INSERT INTO crm_touchedcustomer (contact_id) SELECT OLD.contact_id
        WHERE OLD.contact_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER link_leaves AFTER UPDATE ON crm_orderlink FOR EACH ROW WHEN (
    (NEW.company_id, NEW.contact_id) IS DISTINCT FROM (OLD.company_id, OLD.contact_id))
    EXECUTE FUNCTION crm_link_leaves();
INSERT INTO crm_touchedcustomer (company_id)
    SELECT DISTINCT company_id FROM crm_orderlink WHERE company_id IS NOT NULL;
INSERT INTO crm_touchedcustomer (contact_id)
    SELECT DISTINCT contact_id FROM crm_orderlink WHERE contact_id IS NOT NULL;
"""  # noqa: S608 - our own words
NO_LINKS = """
DROP TRIGGER links_come ON crm_orderlink;
DROP TRIGGER links_change ON crm_orderlink;
DROP TRIGGER links_go ON crm_orderlink;
DROP TRIGGER link_leaves ON crm_orderlink;
DROP FUNCTION crm_links_touch();
DROP FUNCTION crm_link_leaves();
"""


class Migration(migrations.Migration):
    dependencies = (
        ("crm", "0006_purchases_are_followed"),
        ("orders", "0006_orders_are_followed"),
    )
    operations = (
        migrations.RunSQL(RECORDS, NO_RECORDS),
        migrations.RunSQL(POINTS, NO_POINTS),
        migrations.RunSQL(LINKS, NO_LINKS),
    )
