"""Procore and Visma.net with one requisition to post, for tests of what goes wrong between them."""

from __future__ import annotations

from jobsite import EARTH, PROJECT
from visma_people import VismaPeople
from visma_world import VismaWorld

from ml_connector.hub import connections
from ml_connector.hub.models import AuditEntry, Connection, Record

NUMBER = "PA-1"
FLOWS = ("requisitions", "direct-costs", "journals")
SOUND = 3
"""How many other papers of the project post without a person."""
WORK = {"work": "1000.00", "held": "100.00"}


class VismaStage:
    """An installation over freshly reset sandboxes; nobody is signed in, and no call is counted yet."""

    def __init__(self, world: VismaWorld) -> None:
        self.world = world
        self.visma = world.visma
        self.people = VismaPeople(world)
        self.key = self.people.invoice(self.people.commitment("SC-1", EARTH), NUMBER, WORK)
        world.install(FLOWS, projects=str(PROJECT))
        self.fresh()

    def fresh(self) -> None:
        """As after a start: no token, nothing known of the company, no call counted."""
        connections.log_out(self.erp)
        self.world.forget()
        self.visma.forget_calls()

    @property
    def erp(self) -> Connection:
        """The connection to Visma.net as it stands now."""
        return connections.find("visma_net")

    @property
    def record(self) -> Record:
        """The record of the requisition."""
        return self.world.record("requisitions", NUMBER)

    def stopped(self, *words: str) -> None:
        """Two syncs against a broken connection: nothing is posted, it is told once, in these words."""
        first = self.world.sync()
        trouble = self.erp.trouble
        assert first.troubles == (trouble,)
        assert self.world.sync().troubles == (trouble,)
        assert self.world.ours() == []
        assert AuditEntry.objects.filter(action="connection.broken").count() == 1
        for word in words:
            assert word in trouble, trouble

    def well_after(self, **settings: str) -> None:
        """A person corrects the connection; everything goes."""
        connections.change(self.erp, settings)
        self.world.sync()
        self.posted_once()

    def mended(self) -> None:
        """A person pings the connection after putting it right; that clears its trouble."""
        steps = list(connections.ping(self.erp))
        assert not [step for step in steps if step.status == "failed"], steps

    def posted_once(self) -> None:
        """The requisition is in the books once, released, and the hub says so."""
        record = self.record
        assert (record.state, record.cause) == ("posted", ""), record.message
        assert [row["status"] for row in self.people.journals(NUMBER)] == ["Posted"]
