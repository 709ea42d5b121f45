from django.db import migrations

# What was given away is never unsaid, whoever asks.
REFUSE = """
CREATE FUNCTION privacy_sharing_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what was given to a recipient stays written'; END $$;
CREATE TRIGGER privacy_sharing_stays BEFORE UPDATE OR DELETE ON privacy_sharing FOR EACH ROW EXECUTE FUNCTION privacy_sharing_stays();
"""
ALLOW = "DROP TRIGGER privacy_sharing_stays ON privacy_sharing; DROP FUNCTION privacy_sharing_stays();"


class Migration(migrations.Migration):
    dependencies = [("privacy", "0005_sharing")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
