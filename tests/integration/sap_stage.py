"""Procore and SAP Business One on one clock, for tests of what goes wrong: every period open, no approval asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx2
from sap_world import NAME, SapWorld

from ml_connector.hub import connections, mapping
from ml_connector.hub.models import Connection, Record
from ml_connector.hub.syncing import Ended
from ml_connector.integrations.catalogue import INTEGRATIONS

INVOICES = frozenset(
    {"SC-24-011-004", "SC-24-011-007", "SC-24-011-010", "SC-25-012-005", "SC-25-012-008", "SC-24-013-006",
     "SC-24-013-009"}
)  # fmt: skip
JOURNALS = frozenset({"D9100", "D9113", "D9114", "D9115"})
"""What of the small month posts without a person: commitments as purchase invoices, direct costs as journals."""
SOUND = {"commitments": INVOICES, "direct-costs": JOURNALS}
BATCH = {"method": "POST", "path": r"/\$batch$"}
WITH_APPROVAL = "V10009"
_MONTHS = (*(f"2025-{month:02}" for month in range(1, 13)), "2026-01", "2026-02")


class SapStage:
    """An installation over freshly reset sandboxes."""

    def __init__(self, world: SapWorld, seed: str = "small") -> None:
        world.reset(seed)
        self.world = world
        self.sap = world.sap
        self.clock = world.clock
        self._flows: tuple[str, ...] = ()
        for month in _MONTHS:
            world.act("sap", "open_period", period=month)
        world.act("sap", "edit_vendor", id=WITH_APPROVAL, approval=False)

    def install(self, *flows: str, **rules: str) -> None:
        """Connections, choices, tables, matches; `flows` (or commitments) switched on, nobody logged in."""
        self._flows = flows or ("commitments",)
        self.world.install(self._flows, **rules)
        connections.log_out(self.erp)
        self.sap.forget_calls()

    @property
    def erp(self) -> Connection:
        """The connection to SAP as it stands now."""
        return connections.find("sap_b1")

    def sync(self, *, wait: float = 7 * 24 * 3600.0) -> Ended:
        """Run the flows, waiting (on the shared clock) for whatever retries or settles."""
        return self.world.sync(wait=wait)

    def act(self, action: str, **fields: Any) -> Any:
        """What a person does in SAP's screens."""
        return self.world.act("sap", action, **fields)

    def switch(self, **values: Any) -> None:
        """Set switches of SAP's sandbox."""
        self.sap.post("/switches", values)

    def well_again(self) -> None:
        """No fault is planted any more."""
        self.sap.post("/faults", None, method="DELETE")

    def keyed(self, method: str, path: str, body: Any) -> None:
        """What an administrator changes in SAP by the Service Layer; no call of ours."""
        ready = self.sap.ready
        login = {"CompanyDB": ready["company_db"], "UserName": ready["username"], "Password": ready["password"]}
        with httpx2.Client(trust_env=False) as http:
            session = http.post(f"{ready['base_url']}/Login", json=login).json()["SessionId"]
            headers = {"Cookie": f"B1SESSION={session}"}
            answer = http.request(method, f"{ready['base_url']}/{path}", json=body, headers=headers)
            assert answer.status_code < 300, answer.text
            http.post(f"{ready['base_url']}/Logout", headers=headers)
        self.sap.forget_calls()

    def sessions(self) -> list[Any]:
        """The sessions that are open at SAP."""
        return list(self.sap.get("/sessions"))

    def called(self, end: str) -> int:
        """How many calls were made to a path that ends so."""
        return sum(1 for call in self.sap.get("/calls") if call["path"].endswith(end))

    @property
    def logins(self) -> int:
        """How often somebody tried to log in."""
        return self.called("/Login")

    def mended(self) -> None:
        """A person pings the connection after putting it right; that clears its trouble."""
        steps = list(connections.ping(self.erp))
        assert not [step for step in steps if step.status == "failed"], steps
        connections.log_out(self.erp)

    def record(self, number: str) -> Record:
        """The record of a business number."""
        return Record.objects.get(business_number=number)

    def replayed(self, *numbers: str) -> None:
        """A person replays records; they must go."""
        for number in numbers:
            self.world.replayed(self.record(number))

    def posted(self) -> Counter[str]:
        """How many documents and journals of ours there are in SAP by business number; drafts are none."""
        return Counter(row["business_number"] for row in self.world.ours() if row["document"] != "draft")

    def books(self) -> list[tuple[Any, ...]]:
        """What was posted for us, without numbers and references, which no two runs share."""
        return sorted(
            (row["document"], row["business_number"], row["party"] or "", row["date"], row["total"],
             str([(line["account"], line["dimensions"], line["project"], line["amount"]) for line in row["lines"]]))
            for row in self.world.ours()
        )  # fmt: skip

    def assert_posted_once(self, *, but: frozenset[str] | set[str] = frozenset()) -> None:
        """Exactly the sound ones of the flows that are on, but some, are in the books, each once; the hub agrees."""
        wanted = frozenset().union(*(SOUND[flow] for flow in self._flows)) - but
        left = {one.business_number: (one.state, one.message) for one in Record.objects.exclude(state="posted")}
        assert self.posted() == Counter(wanted), left
        assert set(Record.objects.filter(state="posted").values_list("business_number", flat=True)) == wanted
        assert self.sessions() == []

    def fill(self, table: str, *rows: str, without: str = "") -> None:
        """Add rows to a mapping table, and take those of a source value away, as a person would import it."""
        declared = mapping.table_of(INTEGRATIONS[NAME], table)
        lines = mapping.export_csv(self.world.installation, declared).splitlines()
        kept = [line for line in lines if not without or not line.startswith(f"{without},")]
        mapping.import_csv(self.world.installation, declared, "\n".join([*kept, *rows, ""]).encode())

    def codes(self, cost: str) -> list[str]:
        """The cost codes of a direct cost's lines, as the table `coding` names them."""
        found = next(row for row in self.world.procore.get("/state")["direct_costs"] if row["invoice_number"] == cost)
        return [line["wbs_code"]["flat_code"] for line in found["line_items"]]
