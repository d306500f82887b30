"""Records that wait for others are found by their cause, however many are held or skipped for another."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0005_events_per_flow")]

    operations = [
        migrations.AddIndex(
            "record",
            models.Index(
                "installation",
                "flow",
                "cause",
                name="record_cause",
                condition=models.Q(state__in=["held", "skipped"]),
            ),
        ),
    ]
