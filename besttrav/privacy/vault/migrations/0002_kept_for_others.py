from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]

    operations = [
        migrations.AddField(model_name="sheet", name="keeper", field=models.UUIDField(null=True)),
        migrations.AddIndex(
            model_name="sheet",
            index=models.Index(condition=models.Q(("keeper__isnull", False)), fields=["keeper"], name="vault_sheet_kept"),
        ),
    ]
