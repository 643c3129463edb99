from __future__ import annotations

from django.db import migrations

# All shares but overlays make up the whole; asked when the transaction ends.
SHARES = """
CREATE FUNCTION crm_shares_make_the_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one bigint;
    total numeric;
    counted integer;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        CASE WHEN TG_OP <> 'DELETE' THEN NEW.deal_id END,
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.deal_id END]
    LOOP
        CONTINUE WHEN one IS NULL;
        SELECT sum(share), count(*) INTO total, counted FROM crm_dealcontributor
        WHERE deal_id = one AND kind <> 'overlay';
        IF counted > 0 AND total <> 1 THEN
            RAISE EXCEPTION 'the shares of deal % make %, not 1', one, total
                USING ERRCODE = 'check_violation', CONSTRAINT = 'contributor_shares_make_the_whole';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contributor_shares_make_the_whole
    AFTER INSERT OR UPDATE OR DELETE ON crm_dealcontributor
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crm_shares_make_the_whole();
"""
NO_SHARES = """
DROP TRIGGER contributor_shares_make_the_whole ON crm_dealcontributor;
DROP FUNCTION crm_shares_make_the_whole();
"""
# The log of moves is the base of time in stage and of pay: a merge may hand it to another deal.
LOG = """
CREATE FUNCTION crm_stage_change_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR (NEW.from_stage_id, NEW.to_stage_id, NEW.at, NEW.by_id)
            IS DISTINCT FROM (OLD.from_stage_id, OLD.to_stage_id, OLD.at, OLD.by_id)
        OR (OLD.left_at IS NOT NULL AND NEW.left_at IS DISTINCT FROM OLD.left_at)
    THEN
        RAISE EXCEPTION 'a move of a deal stands as it was'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stage_change_stands BEFORE UPDATE OR DELETE ON crm_stagechange
    FOR EACH ROW EXECUTE FUNCTION crm_stage_change_stands();
"""
NO_LOG = """
DROP TRIGGER stage_change_stands ON crm_stagechange;
DROP FUNCTION crm_stage_change_stands();
"""
# A deal is in a stage of its own pipeline.
STAGE = """
ALTER TABLE crm_stage ADD CONSTRAINT stage_of_pipeline UNIQUE (pipeline_id, id);
ALTER TABLE crm_deal ADD CONSTRAINT deal_stage_of_its_pipeline
    FOREIGN KEY (pipeline_id, stage_id) REFERENCES crm_stage (pipeline_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""
NO_STAGE = """
ALTER TABLE crm_deal DROP CONSTRAINT deal_stage_of_its_pipeline;
ALTER TABLE crm_stage DROP CONSTRAINT stage_of_pipeline;
"""


class Migration(migrations.Migration):
    dependencies = (("crm", "0001_initial"),)
    operations = (
        migrations.RunSQL(SHARES, NO_SHARES),
        migrations.RunSQL(LOG, NO_LOG),
        migrations.RunSQL(STAGE, NO_STAGE),
    )
