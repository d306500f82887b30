"""Row-level security on the tables of two-way flows and corrections, and the documents of what was posted before."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_guards = import_module("ml_connector.hub.migrations.0002_guards")

_POSTED_BEFORE = """
INSERT INTO hub_posting (tenant_id, record_id, version, kind, key, number, at, reversal)
SELECT tenant_id, id, posted_version, 'document', target_key, target_number, COALESCE(posted, updated), ''
FROM hub_record WHERE posted_version IS NOT NULL AND target_number <> ''
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0003_flows")]

    operations = [
        migrations.RunSQL(_POSTED_BEFORE, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(_guards._GUARD.format(table=table), _guards._UNGUARD.format(table=table))
            for table in ("approval", "posting")
        ),
    ]
