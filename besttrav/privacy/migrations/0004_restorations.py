from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0003_consents_are_never_removed")]
    operations = [
        migrations.CreateModel("Restoration", [("at", models.DateTimeField(primary_key=True, serialize=False))]),
    ]
