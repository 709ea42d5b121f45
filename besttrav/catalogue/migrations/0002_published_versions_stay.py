from django.db import migrations

# A sold policy points to its version, so neither the words nor the prices of a published one may change, and none may go. Before that,
# a version may be dropped but not rewritten: what is published is what was read. Emptying the table whole takes the policies with it.
REFUSE = """
CREATE FUNCTION catalogue_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of a product stays as it is: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER catalogue_version_kept BEFORE UPDATE ON catalogue_productversion FOR EACH ROW
  WHEN (OLD.published_at IS NOT NULL OR to_jsonb(NEW) - 'published_at' IS DISTINCT FROM to_jsonb(OLD) - 'published_at')
  EXECUTE FUNCTION catalogue_version_stays();
CREATE TRIGGER catalogue_version_not_removed BEFORE DELETE ON catalogue_productversion FOR EACH ROW
  WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION catalogue_version_stays();
"""
ALLOW = """
DROP TRIGGER catalogue_version_kept ON catalogue_productversion;
DROP TRIGGER catalogue_version_not_removed ON catalogue_productversion;
DROP FUNCTION catalogue_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
