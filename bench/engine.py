"""One measured life of the hub in a process of its own; prints what it took as JSON.

`python bench/engine.py READY BODIES SECONDS`: the sandboxes' ready-file, where to write the bills that were posted (one
JSON body per line), and how long to post at most.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

RULES = {
    "cut_over": "2026-01-01", "currency": "USD", "retainage": "ledger", "retainage_account": "20100|000000",
    "unlinked": "post",
}  # fmt: skip


def start() -> None:
    """The hub on an embedded database in the data folder that the environment names; warnings only."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ml_connector.settings")
    import django
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    from ml_connector.hub import database

    database.start()
    django.setup()
    database.migrate()


def install(ready: dict[str, Any]) -> Any:
    """Both connections and the installation, with rules chosen, tables filled, vendors matched."""
    from ml_connector.hub import connections, installations, mapping, matching
    from ml_connector.integrations.catalogue import CONNECTORS, INTEGRATIONS

    pair = INTEGRATIONS["acumatica-procore"]
    left, right = (connections.create(CONNECTORS[name], name, ready[name]) for name in ("acumatica", "procore"))
    row = installations.create(pair, left, right)
    installations.set_rules(row, RULES)
    for table in pair.tables:
        if table.name not in ("projects", "coding"):  # the rest is optional
            continue
        with connections.opened(left) as (erp, _), connections.opened(right) as (jobs, _):
            text = mapping.suggestions_csv(one for one in table.suggest(erp, jobs) if one.target)
        mapping.import_csv(row, table, text.encode())
    for found in pair.matchings:
        matching.find(row, found)
    matching.accept_above(row, 90, "bench")
    installations.enable(row)
    return installations.find(row.pk)


class Meter:
    """Time, peak memory of this process, and the vendors' own counts of calls, phase by phase."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._controls = [entry["control_url"] for entry in ready.values()]
        self.phases: dict[str, dict[str, float]] = {}

    def measure(self, name: str, work: Callable[[], int]) -> None:
        """Run one phase; `work` returns how many records it dealt with."""
        self._calls(forget=True)
        started = time.monotonic()
        records = work()
        self.phases[name] = {
            "seconds": time.monotonic() - started, "records": records, "calls": self._calls(),
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }  # fmt: skip

    def _calls(self, *, forget: bool = False) -> int:
        total = 0
        for control in self._controls:
            with urllib.request.urlopen(f"{control}/calls/counts") as answer:
                total += sum(row["count"] for row in json.load(answer))
            if forget:
                urllib.request.urlopen(urllib.request.Request(f"{control}/calls", method="DELETE")).close()
        return total


def read(row: Any) -> int:
    """Walk the whole source; returns the rows that were read."""
    from ml_connector.hub import lanes, working
    from ml_connector.hub.models import FlowState, Run
    from ml_connector.hub.pipeline.read import Order

    key = lanes.read_key(FlowState.objects.get(installation=row).pk)
    while not (done := working.work(key, order=Order(kind="sweep"))).walked:
        if done.trouble:
            raise SystemExit(f"the source could not be read: {done.trouble}")
    return int(Run.objects.get(pk=done.run).read)


def translate(row: Any) -> int:
    """Turn every record into its target document."""
    from ml_connector.hub import installations, lanes, leases
    from ml_connector.hub.models import Record
    from ml_connector.hub.pipeline import translate as stage
    from ml_connector.hub.pipeline.work import Slice, flow_work

    (state,) = installations.all_flow_states()
    (lane,) = lanes.of_connection(row.left_id)
    with leases.held(lane.key) as lease:
        if lease is None:
            raise SystemExit("the lane is held by another worker")
        while stage.translate_new(flow_work(state), lane.number, Slice(lease, time.monotonic() + 3600)):
            pass
    return Record.objects.exclude(state="new").count()


def deliver(row: Any, seconds: float) -> int:
    """Post until nothing is left, or the time is up."""
    from ml_connector.hub import lanes, working
    from ml_connector.hub.models import Record

    (lane,) = lanes.of_connection(row.left_id)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done = working.work(lane.key)
        if done.trouble:
            raise SystemExit(f"the target could not be written: {done.trouble}")
        if done.due is None:
            break
    return Record.objects.filter(state="posted").count()


def write_bodies(row: Any, file: Path) -> None:
    """The bills that were posted, as they went over the wire."""
    import msgspec

    from ml_connector.connectors.acumatica import form, objects
    from ml_connector.hub import connections
    from ml_connector.hub.models import Version
    from ml_connector.records.documents import Bill

    chart = form.settings(connections.settings(row.left)).chart
    encoder = msgspec.json.Encoder(decimal_format="number")
    with file.open("wb") as out:
        posted = Version.objects.filter(record__state="posted").order_by("pk").values_list("target", flat=True)
        for target in posted.iterator():
            bill = msgspec.json.decode(target, type=Bill)
            out.write(encoder.encode(objects.body(bill.reference, bill, chart)) + b"\n")


def main() -> None:
    ready = json.loads(Path(sys.argv[1]).read_text())
    start()
    from ml_connector.hub import tenancy, tenants

    with tenancy.of(tenants.find("default").pk):
        row = install(ready)
        meter = Meter(ready)
        meter.measure("read", lambda: read(row))
        meter.measure("translate", lambda: translate(row))
        meter.measure("post", lambda: deliver(row, float(sys.argv[3])))
        meter.measure("read again, unchanged", lambda: read(row))
        write_bodies(row, Path(sys.argv[2]))
    print(json.dumps(meter.phases))


if __name__ == "__main__":
    main()
