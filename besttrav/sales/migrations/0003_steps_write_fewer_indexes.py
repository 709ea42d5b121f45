"""A step of an application updates its row and nothing else: no index holds what changes. The number of a step finds its application."""

import django.db.models.deletion
from django.db import migrations, models

import besttrav.kernel.clock


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_evidence_stays")]

    operations = [
        migrations.AlterField("application", "last_activity_at", models.DateTimeField(default=besttrav.kernel.clock.now)),
        migrations.AlterField(
            "evidence",
            "application",
            models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="sales.application"),
        ),
    ]
