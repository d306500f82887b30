"""The flow between both sandboxes on one clock, for tests of what goes wrong: nothing really waits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from rehearsal import Rehearsal

from ml_connector.hub import connections, mapping, replay, syncing
from ml_connector.hub.models import Connection, Installation, Match, Record
from ml_connector.hub.pipeline import gate
from ml_connector.hub.syncing import Ended, Wish
from ml_connector.integrations.catalogue import INTEGRATIONS

SOUND = frozenset({"INV-8800101", "PAY APP 1 / 88002", "1002", "2026880041", "88005-2"})
"""Invoice numbers of the small month that post without a person."""
CREATE = {"method": "PUT", "path": r"/Bill(\?|$)"}
RELEASE = {"method": "POST", "path": r"/Bill/ReleaseBill$"}
REQUISITIONS = {"method": "GET", "path": r"/requisitions\?"}
PATIENT = 7 * 24 * 3600.0
_CENT = Decimal("0.01")


class SharedClock:
    """The sandboxes' clock as the hub sees it: the machine's time and an offset; sleeping moves the offset of both."""

    def __init__(self, sandboxes: Rehearsal) -> None:
        self._sandboxes = sandboxes
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            told = self._sandboxes.procore.post("/clock", {"advance_s": seconds})
            self._offset = timedelta(seconds=float(told["offset_s"]))


class Stage:
    """An installation over freshly reset sandboxes."""

    def __init__(self, sandboxes: Rehearsal) -> None:
        sandboxes.reset("small")
        gate._periods.clear()
        self.sandboxes = sandboxes
        self.procore = sandboxes.procore
        self.acumatica = sandboxes.acumatica
        self.clock = SharedClock(sandboxes)
        self.installation: Installation

    def install(self, *flows: str, **rules: str) -> Installation:
        """Connections, choices, tables, matches; `flows` (or requisitions) switched on, and no call counted yet."""
        self.installation = self.sandboxes.install(flows or ("requisitions",), **rules)
        return self.installation

    @property
    def erp(self) -> Connection:
        """The target's connection as it stands now."""
        return connections.find("acumatica")

    @property
    def jobs(self) -> Connection:
        """The source's connection as it stands now."""
        return connections.find("procore")

    def sync(self, *, wait: float = PATIENT, sweep: bool = False) -> Ended:
        """Run the flow, waiting (on the shared clock) for whatever retries or settles."""
        ended = syncing.run(self.installation, Wish(wait=wait, sweep=sweep))
        assert all(statement.adds_up for statement in ended.statements if statement.complete)
        return ended

    def act(self, side: str, action: str, **fields: Any) -> Any:
        """What a person does in a vendor's screens (`procore`, `acumatica`)."""
        return getattr(self, side).post("/act", {"action": action, **fields})

    def mended(self, side: str) -> None:
        """A person pings a connection after putting it right; that clears its trouble."""
        steps = list(connections.ping(connections.find(side)))
        assert not [step for step in steps if step.status == "failed"], steps

    def record(self, number: str) -> Record:
        """The record of a vendor's invoice number."""
        return Record.objects.get(business_number=number)

    def replayed(self, number: str) -> None:
        """A person replays a record; it must go."""
        gone, stayed = replay.replay([self.record(number)])
        assert (len(gone), stayed) == (1, [])

    def requisition(self, number: str) -> dict[str, Any]:
        """The source's requisition with an invoice number."""
        (found,) = [row for row in self.procore.stored("requisitions") if row["invoice_number"] == number]
        return dict(found)

    def bill(self, number: str) -> dict[str, Any]:
        """Our only bill with an invoice number."""
        (found,) = [bill for bill in self.sandboxes.bills() if bill["business_number"] == number]
        return found

    def bills(self, status: str = "Open") -> Counter[str]:
        """How many bills of ours there are by invoice number, in a status ("" = any)."""
        return Counter(bill["business_number"] for bill in self.sandboxes.bills() if status in ("", bill["status"]))

    def assert_posted_once(self, *numbers: str, but: frozenset[str] | set[str] = frozenset()) -> None:
        """Exactly the sound ones (but some) and `numbers` are released, each once, and the hub says so too."""
        wanted = (SOUND - but) | set(numbers)
        left = {one.business_number: (one.state, one.message) for one in Record.objects.exclude(state="posted")}
        assert self.bills() == Counter(wanted), left
        assert set(Record.objects.filter(state="posted").values_list("business_number", flat=True)) == wanted
        for record in Record.objects.filter(state="posted"):
            assert self.bill(record.business_number)["total"] == str(record.amount.quantize(_CENT))

    def fill(self, table: str, *rows: str, without: str = "") -> None:
        """Add rows to a mapping table, and take those of a source value away, as a person would import it."""
        declared = mapping.table_of(INTEGRATIONS["acumatica-procore"], table)
        lines = mapping.export_csv(self.installation, declared).splitlines()
        kept = [line for line in lines if not without or not line.startswith(f"{without},")]
        mapping.import_csv(self.installation, declared, "\n".join([*kept, *rows, ""]).encode())

    def unmatch(self, vendor: str) -> None:
        """Nobody has accepted the match of this source vendor yet."""
        assert Match.objects.filter(installation=self.installation, right_key=vendor).delete()[0] == 1

    def match(self) -> None:
        """A person looks for matches again and accepts the sure ones."""
        self.sandboxes.match(self.installation)
