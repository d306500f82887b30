"""Events are handled flow by flow, and flows may be called by what happens in the ledger."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0004_flow_guards")]

    operations = [
        migrations.AddField("event", "handled_by", models.JSONField(default=list)),
        migrations.AddField("flowstate", "called", models.DateTimeField(null=True)),
    ]
