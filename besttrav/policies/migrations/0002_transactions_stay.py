from django.db import migrations

# A policy is a list of transactions that never change.
REFUSE = """
CREATE FUNCTION policies_transaction_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a transaction of a policy never changes'; END $$;
CREATE TRIGGER policies_transaction_stays BEFORE UPDATE OR DELETE ON policies_policytransaction
FOR EACH ROW EXECUTE FUNCTION policies_transaction_stays();
"""
ALLOW = "DROP TRIGGER policies_transaction_stays ON policies_policytransaction; DROP FUNCTION policies_transaction_stays();"


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
