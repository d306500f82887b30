"""Procore and SAP Business One: a hub connected to both sandboxes, with choices, tables and matched vendors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal import Sandbox

from ml_connector.hub import connections, installations, mapping, matching, replay, syncing
from ml_connector.hub.models import Installation, Record
from ml_connector.hub.pipeline import gate
from ml_connector.hub.syncing import Ended, Wish
from ml_connector.integrations.catalogue import CONNECTORS, INTEGRATIONS
from ml_connector.sandbox.run import running

NAME = "procore-sap-b1"
CLEARING, GIVEN, COUNTERPART, ACCRUAL, RETAINAGE = "20600", "90100", "90200", "20510", "20100"
RULES = {
    "cut_over": "2025-01-01",
    "currency": "USD",
    "treatment": "invoice_clearing",
    "clearing_account": CLEARING,
    "commitments_account": GIVEN,
    "accrual_account": ACCRUAL,
    "retainage": "ledger",
    "retainage_account": RETAINAGE,
    "earlier_commitments": "accrual",
}
PATIENT = 7 * 24 * 3600.0


class SharedClock:
    """The sandboxes' clock as the hub sees it: sleeping moves both."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            told = self._sandbox.post("/clock", {"advance_s": seconds})
            self._offset = timedelta(seconds=float(told["offset_s"]))


class SapWorld:
    """Both sandboxes and the installation between them."""

    def __init__(self, ready: dict[str, dict[str, Any]]) -> None:
        self.procore = Sandbox(ready["procore"])
        self.sap = Sandbox(ready["sap_b1"])
        self.clock = SharedClock(self.procore)
        self.installation: Installation
        self._seed = ""
        self._proposed: dict[str, bytes] = {}

    def reset(self, seed: str = "small") -> None:
        """Both sandboxes as at start; nothing is remembered of them but what tables they suggest."""
        if seed != self._seed:
            self._seed, self._proposed = seed, {}
        for sandbox in (self.procore, self.sap):
            sandbox.post("/reset", {"seed": seed})
        gate._periods.clear()
        self.clock = SharedClock(self.procore)

    def install(self, flows: Sequence[str] = (), projects: str = "", **rules: str) -> Installation:
        """Connect, prepare, choose, map, match and enable `flows` (none named: all); `rules` override RULES.

        `projects` are Procore ids, comma-separated; none named: all are read.
        """
        form = {**self.procore.ready, "projects": projects}
        left = connections.create(CONNECTORS["procore"], "procore", form)
        right = connections.create(CONNECTORS["sap_b1"], "sap", self.sap.ready)
        connections.prepare(right)
        row = installations.create(INTEGRATIONS[NAME], left, right)
        installations.set_rules(row, {**RULES, **rules})
        for name in ("projects", "coding"):
            self.fill(row, name)
        self.match(row, flows)
        for flow in flows or [None]:
            installations.enable(row, flow)
        self.installation = installations.find(row.pk)
        self.procore.forget_calls()
        self.sap.forget_calls()
        return self.installation

    def match(self, row: Installation, flows: Sequence[str] = ()) -> None:
        """A person looks for what `flows` need and accepts vendors that are sure; no document is adopted."""
        wanted = {kind for flow in INTEGRATIONS[NAME].flows if not flows or flow.name in flows for kind in flow.after}
        for found in INTEGRATIONS[NAME].matchings:
            if found.kind in wanted:
                matching.find(row, found)
                if not found.adopts:
                    matching.accept_above(row, 90, "test", found.kind)

    def fill(self, row: Installation, name: str) -> None:
        """Import what is suggested for a table; values for which nothing fits stay gaps."""
        table = mapping.table_of(INTEGRATIONS[NAME], name)
        if name not in self._proposed:
            with connections.opened(row.left) as (left, _), connections.opened(row.right) as (right, _):
                proposed = mapping.suggestions(row, table, left, right)
            text = mapping.suggestions_csv(one for one in proposed if one.source and one.target)
            self._proposed[name] = text.encode()
        mapping.import_csv(row, table, self._proposed[name])

    def add(self, name: str, *rows: str, without: str = "") -> None:
        """Add rows to a mapping table, and take those of a source value away, as a person would import it."""
        table = mapping.table_of(INTEGRATIONS[NAME], name)
        lines = mapping.export_csv(self.installation, table).splitlines()
        kept = [line for line in lines if not without or not line.startswith(f"{without},")]
        mapping.import_csv(self.installation, table, "\n".join([*kept, *rows, ""]).encode())

    def rule(self, **values: str) -> None:
        """Somebody changes the installation's choices."""
        installations.set_rules(installations.find(self.installation.pk), values)
        self.installation = installations.find(self.installation.pk)

    def sync(self, *, wait: float = PATIENT, sweep: bool = False) -> Ended:
        """Run all flows, waiting (on the shared clock) for whatever retries or settles."""
        ended = syncing.run(self.installation, Wish(wait=wait, sweep=sweep))
        assert all(statement.adds_up for statement in ended.statements if statement.complete)
        return ended

    def act(self, vendor: str, action: str, **fields: Any) -> Any:
        """What a person does in a vendor's screens (`procore`, `sap`)."""
        return getattr(self, vendor).post("/act", {"action": action, **fields})

    def ours(self) -> list[dict[str, Any]]:
        """The documents in SAP's books that carry our mark."""
        return [row for row in self.sap.get("/books") if (row["reference"] or "").startswith("ML-")]

    def record(self, flow: str, number: str) -> Record:
        """The record of a business number."""
        return Record.objects.get(flow=flow, business_number=number)

    def state(self, flow: str, number: str) -> tuple[str, str]:
        """State and cause of the record of a business number."""
        record = self.record(flow, number)
        return record.state, record.cause

    def replayed(self, record: Record) -> None:
        """A person replays a record; it must go."""
        gone, stayed = replay.replay([record])
        assert (len(gone), stayed) == (1, [])

    def waiting(self) -> dict[str, tuple[str, str]]:
        """Cause and message of what waits for a person, by flow and business number."""
        found = Record.objects.filter(state__in=("held", "refused", "unknown", "retrying"))
        return {f"{row.flow} {row.business_number}": (row.cause or row.state, row.message) for row in found}


@contextmanager
def sap_world(seed: str = "small", **options: Any) -> Iterator[SapWorld]:
    """Sandboxes as a child process, without rate limits unless asked for."""
    with running(["procore", "sap_b1"], seed, **{"rate_limits": False, **options}) as ready:
        yield SapWorld(ready)
