import hmac
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import migrations, models


def bind(apps: Any, schema_editor: Any) -> None:
    """Whose an application, order or notice is at the upgrade, it stays: what stands there now is taken as ours. Visits last minutes."""
    for row in apps.get_model("sales", "Application").objects.iterator():
        proved = row.phone_proved_at and row.phone_proved_at.timestamp()
        whose = (row.contract, row.file, row.health_file, row.holder, row.browser_sha256, row.account_id, proved)
        _bind(row, "applications", *whose)
    for row in apps.get_model("sales", "Order").objects.iterator():
        _bind(row, "orders", row.number, row.application_id, row.subject, row.account_id)
    for row in apps.get_model("sales", "Notice").objects.iterator():
        _bind(row, "notices", row.application_id, row.party_id, row.subject, row.token_sha256)


def _bind(row: Any, what: str, *parts: object) -> None:
    key = sha256(f"{what}\0{settings.ORDER_KEY}".encode()).digest()
    bond = hmac.new(key, "|".join(map(str, (row.id, *parts))).encode(), sha256).hexdigest()
    type(row).objects.filter(pk=row.pk).update(bond=bond)


class Migration(migrations.Migration):
    dependencies = [("sales", "0003_steps_write_fewer_indexes")]
    operations = [
        *(
            migrations.AddField(model, "bond", models.CharField(default="", max_length=64))
            for model in ("application", "order", "notice", "visit")
        ),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]
