import hmac
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import migrations, models


def bind(apps: Any, schema_editor: Any) -> None:
    """Whoever has a role at the upgrade keeps it: what stands there now is taken as ours."""
    key = sha256(f"grants\0{settings.GRANT_KEY or settings.SECRET_KEY}".encode()).digest()
    for grant in apps.get_model("people", "RoleGrant").objects.iterator():
        people = (grant.staff_id, grant.asked_by_id, grant.decided_by_id)
        parts = (grant.id, *people, grant.role, grant.state, grant.agreement_id, grant.is_founding)
        grant.bond = hmac.new(key, "|".join(map(str, parts)).encode(), sha256).hexdigest()
        grant.save(update_fields=["bond"])


class Migration(migrations.Migration):
    dependencies = [("people", "0005_resets_in_halves")]
    operations = [
        migrations.AddField("rolegrant", "bond", models.CharField(default="", max_length=64)),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]
