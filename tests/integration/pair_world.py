"""A pair of sandboxes and a hub that is connected to both, with choices, tables and matched vendors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from prepared import Prepared
from rehearsal import Sandbox

from ml_connector.hub import connections, installations, mapping, matching, replay, syncing
from ml_connector.hub.models import Installation, Record
from ml_connector.hub.pipeline import gate
from ml_connector.hub.syncing import Ended, Wish
from ml_connector.integrations.catalogue import INTEGRATIONS

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


class PairWorld:
    """Sandboxes by their connectors' names, and the installation between them; `tables` are filled as proposed.

    One of the pair is Procore.
    """

    integration: str
    rules: ClassVar[dict[str, str]]
    tables: tuple[str, ...] = ("projects", "coding")

    def __init__(self, ready: dict[str, dict[str, Any]]) -> None:
        self.sandboxes = {name: Sandbox(told) for name, told in ready.items()}
        self.procore = self.sandboxes["procore"]
        self.clock = SharedClock(self.procore)
        self.prepared = Prepared(list(self.sandboxes.values()))
        self.installation: Installation
        self._seed = ""
        self._proposed: dict[str, bytes] = {}

    def reset(self, seed: str = "small") -> None:
        """Both sandboxes as at start; nothing is remembered of them but what tables they suggest."""
        if seed != self._seed:
            self._seed, self._proposed = seed, {}
        for sandbox in self.sandboxes.values():
            sandbox.reset(seed)
        gate._periods.clear()
        self.clock = SharedClock(self.procore)

    def install(self, flows: Sequence[str] = (), projects: str = "", **rules: str) -> Installation:
        """Connect, prepare, choose, map, match and enable `flows` (none named: all); `rules` override the pair's.

        `projects` are Procore ids, comma-separated; none named: all are read. Calls are counted from here on.
        """
        what = ["install", flows, projects, rules]
        key = self.prepared.once(what, lambda: self._install(flows, projects, rules))
        self.installation = installations.find(key)
        return self.installation

    def _install(self, flows: Sequence[str], projects: str, rules: dict[str, str]) -> str:
        declared = INTEGRATIONS[self.integration]
        ends = []
        for connector in (declared.left, declared.right):
            form = dict(self.sandboxes[connector.name].ready)
            if connector.name == "procore":
                form["projects"] = projects
            ends.append(connections.create(connector, connector.name, form))
            connections.prepare(ends[-1])
        row = installations.create(declared, *ends)
        installations.set_rules(row, {**self.rules, **rules})
        for name in self.tables:
            self.fill(row, name)
        self.match(row, flows)
        for flow in flows or [None]:
            installations.enable(row, flow)
        return str(row.pk)

    def match(self, row: Installation, flows: Sequence[str] = ()) -> None:
        """A person looks for what `flows` need and accepts pairs that are sure; no document is adopted."""
        declared = INTEGRATIONS[self.integration]
        wanted = {kind for flow in declared.flows if not flows or flow.name in flows for kind in flow.after}
        for found in declared.matchings:
            if found.kind in wanted:
                matching.find(row, found)
                if not found.adopts:
                    matching.accept_above(row, 90, "test", found.kind)

    def fill(self, row: Installation, name: str) -> None:
        """Import what is suggested for a table; values for which nothing fits stay gaps."""
        table = mapping.table_of(INTEGRATIONS[self.integration], name)
        if name not in self._proposed:
            with connections.opened(row.left) as (left, _), connections.opened(row.right) as (right, _):
                proposed = mapping.suggestions(row, table, left, right)
            text = mapping.suggestions_csv(one for one in proposed if one.source and one.target)
            self._proposed[name] = text.encode()
        mapping.import_csv(row, table, self._proposed[name])

    def add(self, name: str, *rows: str, without: str = "") -> None:
        """Add rows to a mapping table, and take those of a source value away, as a person would import it."""
        table = mapping.table_of(INTEGRATIONS[self.integration], name)
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
        """What a person does in a vendor's screens."""
        return self.sandboxes[vendor].post("/act", {"action": action, **fields})

    def ours_in(self, vendor: str) -> list[dict[str, Any]]:
        """The documents in a vendor's books that carry our mark."""
        return [row for row in self.sandboxes[vendor].get("/books") if (row["reference"] or "").startswith("ML-")]

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
