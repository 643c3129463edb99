from __future__ import annotations

from django.db import migrations

# No goal serves itself, over whichever others; two moves at once wait for each other.
CIRCLES = """
CREATE FUNCTION goals_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NULL OR
        (TG_OP = 'UPDATE' AND NEW.parent_id IS NOT DISTINCT FROM OLD.parent_id) THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('goals_tree'));
    IF EXISTS (
        WITH RECURSIVE up AS (
            SELECT id, parent_id FROM goals_goal WHERE id = NEW.parent_id
            UNION
            SELECT g.id, g.parent_id FROM goals_goal g JOIN up ON g.id = up.parent_id)
        SELECT 1 FROM up WHERE id = NEW.id)
    THEN
        RAISE EXCEPTION 'goal % would serve itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'goal_no_circle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER goal_no_circle BEFORE INSERT OR UPDATE OF parent_id ON goals_goal
    FOR EACH ROW EXECUTE FUNCTION goals_no_circle();
"""
NO_CIRCLES = """
DROP TRIGGER goal_no_circle ON goals_goal;
DROP FUNCTION goals_no_circle();
"""
# What was agreed, said and changed stands: the trace is what both sides can point to.
TRACE = """
CREATE FUNCTION goals_trace_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% stands as it was written', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER agreement_stands BEFORE UPDATE OR DELETE ON goals_agreement
    FOR EACH ROW EXECUTE FUNCTION goals_trace_stands();
CREATE TRIGGER goal_change_stands BEFORE UPDATE OR DELETE ON goals_goalchange
    FOR EACH ROW EXECUTE FUNCTION goals_trace_stands();
CREATE TRIGGER check_in_stands BEFORE UPDATE OR DELETE ON goals_checkin
    FOR EACH ROW EXECUTE FUNCTION goals_trace_stands();
CREATE TRIGGER strategy_version_stands BEFORE UPDATE OR DELETE ON goals_strategyversion
    FOR EACH ROW EXECUTE FUNCTION goals_trace_stands();
"""
NO_TRACE = """
DROP TRIGGER agreement_stands ON goals_agreement;
DROP TRIGGER goal_change_stands ON goals_goalchange;
DROP TRIGGER check_in_stands ON goals_checkin;
DROP TRIGGER strategy_version_stands ON goals_strategyversion;
DROP FUNCTION goals_trace_stands();
"""


class Migration(migrations.Migration):
    dependencies = (("goals", "0005_strategy_goals_and_check_ins"),)
    operations = (
        migrations.RunSQL(CIRCLES, NO_CIRCLES),
        migrations.RunSQL(TRACE, NO_TRACE),
    )
