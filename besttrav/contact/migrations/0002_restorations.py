from django.db import migrations, models

import besttrav.kernel.clock

# A backup from before this change is migrated after it was restored: what it calls prepared was so when it was written, not just now.
PREPARED_WHEN_WRITTEN = "UPDATE contact_message SET prepared_at = created_at"


class Migration(migrations.Migration):
    dependencies = [("contact", "0001_initial")]
    operations = [
        migrations.AddField("message", "prepared_at", models.DateTimeField(default=besttrav.kernel.clock.now)),
        migrations.RunSQL(PREPARED_WHEN_WRITTEN, migrations.RunSQL.noop),
    ]
