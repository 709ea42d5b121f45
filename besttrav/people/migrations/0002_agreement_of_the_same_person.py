"""A grant points at an agreement of the very person it is for: the database itself refuses a role on somebody else's signature."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE people_rolegrant ADD CONSTRAINT people_grant_own_agreement
            FOREIGN KEY (agreement_id, staff_id) REFERENCES people_confidentialityagreement (id, staff_id)
            """,
            "ALTER TABLE people_rolegrant DROP CONSTRAINT people_grant_own_agreement",
        )
    ]
