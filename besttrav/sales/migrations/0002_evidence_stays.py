from django.db import migrations

# The trace of a sale only grows.
REFUSE = """
CREATE FUNCTION sales_evidence_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the trace of a sale only grows'; END $$;
CREATE TRIGGER sales_evidence_stays BEFORE UPDATE OR DELETE ON sales_evidence FOR EACH ROW EXECUTE FUNCTION sales_evidence_stays();
"""
ALLOW = "DROP TRIGGER sales_evidence_stays ON sales_evidence; DROP FUNCTION sales_evidence_stays();"


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
