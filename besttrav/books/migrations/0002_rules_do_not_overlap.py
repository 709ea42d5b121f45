from django.db import migrations

# Equality beside a range in one index needs this extension. It comes with every PostgreSQL; since 13 the owner of a database may add it.
EXTENSION = "CREATE EXTENSION IF NOT EXISTS btree_gist"
OVERLAP = """
ALTER TABLE books_rule ADD CONSTRAINT books_one_rule_at_a_time
  EXCLUDE USING gist (insurer WITH =, product WITH =, partner WITH =, daterange(first_day, last_day, '[]') WITH &&)
  WHERE (state = 'in_force')
"""


class Migration(migrations.Migration):
    dependencies = [("books", "0001_initial")]
    operations = [
        migrations.RunSQL(EXTENSION, migrations.RunSQL.noop),
        migrations.RunSQL(OVERLAP, "ALTER TABLE books_rule DROP CONSTRAINT books_one_rule_at_a_time"),
    ]
