from django.db import migrations

# Who could take a withdrawal out of the ledger would make the consent before it hold again. Emptying it whole makes none hold.
REFUSE = """
CREATE TRIGGER privacy_consent_kept BEFORE DELETE ON privacy_consentevent FOR EACH ROW EXECUTE FUNCTION privacy_consent_stays();
"""
ALLOW = "DROP TRIGGER privacy_consent_kept ON privacy_consentevent;"


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_consents_stay")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
