from django.db import migrations

# The ledger is append-only: an answer that was given is never changed, whoever asks.
REFUSE = """
CREATE FUNCTION privacy_consent_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the consent ledger is append-only'; END $$;
CREATE TRIGGER privacy_consent_stays BEFORE UPDATE ON privacy_consentevent FOR EACH ROW EXECUTE FUNCTION privacy_consent_stays();
"""
ALLOW = "DROP TRIGGER privacy_consent_stays ON privacy_consentevent; DROP FUNCTION privacy_consent_stays();"


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
