"""SAP Business One: what may be there already is never posted again, whatever people and the source do meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from jobsite import EARTH, PROJECT
from msgspec import structs
from sap_people import SapPeople, net
from sap_world import SapWorld

from ml_connector.connectors.kit.source import Page
from ml_connector.connectors.procore import contracts
from ml_connector.hub import recover, replay, undo
from ml_connector.hub.models import Posting, Record
from ml_connector.hub.syncing import Ended

RULES = {"cut_over": "2026-01-01", "earlier_commitments": "accrual"}
ANEW = "reverse_and_repost"
COST = {"54000 P-24-011/PC-0200": "1000.00", "20100": "-100.00", "20600 P-24-011/PC-0200": "-900.00"}
WORK = {"work": "1000.00", "held": "100.00"}
SIGNED = ("commitments", "change-orders", "requisitions")
CREATE = {"method": "POST", "path": r"/JournalEntries$"}


@pytest.fixture
def people(sap: SapWorld) -> SapPeople:
    return SapPeople(sap)


def install(sap: SapWorld, *flows: str, **rules: str) -> None:
    sap.install(flows or SIGNED, projects=str(PROJECT), **{**RULES, **rules})


def contract(people: SapPeople) -> dict[str, Any]:
    """SC-1 of January over 100,000."""
    return people.commitment("SC-1", EARTH, contract_date="2026-01-05")


def waiting(sap: SapWorld, people: SapPeople) -> dict[str, Any]:
    """SC-1 waits for approval in SAP; returns the commitment."""
    signed = contract(people)
    install(sap, "commitments")
    people.sap.post("/switches", {"approval_over": 50000})
    sap.sync()
    assert sap.state("commitments", "SC-1") == ("held", "waits_for_approval")
    return signed


def raised(people: SapPeople, signed: dict[str, Any]) -> None:
    """The commitment is over 110,000 now."""
    contracts = people.procore.get("/state")["work_order_contracts"]
    (line,) = [line["id"] for row in contracts if row["id"] == signed["id"] for line in row["line_items"]]
    people.work("edit_line", kind="commitment", id=signed["id"], line=line, fields={"amount": "110000.00"}, unlock=True)


def later(sap: SapWorld) -> Ended:
    """Time enough that drafts are looked at again."""
    sap.clock.sleep(16 * 60)
    return sap.sync()


def vanish(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    """Procore shows the commitment of a number no more."""

    def kept(page: Page) -> Page:
        rows = tuple(row for row in page.rows if getattr(row.document, "number", "") != number)
        return structs.replace(page, rows=rows)

    for name in ("read", "by_keys"):
        real = getattr(contracts.Contracts, name)
        monkeypatch.setattr(contracts.Contracts, name, lambda *given, real=real: kept(real(*given)))


class TestDraft:
    def test_a_draft_that_was_approved_before_a_replay_is_adopted(self, sap: SapWorld, people: SapPeople) -> None:
        waiting(sap, people)
        people.office("approve", draft=1, add=True)
        sap.replayed(sap.record("commitments", "SC-1"))
        sap.sync()
        assert sap.state("commitments", "SC-1") == ("posted", "")
        assert len(people.documents("SC-1")) == 1

    def test_a_replay_makes_no_second_draft(self, sap: SapWorld, people: SapPeople) -> None:
        waiting(sap, people)
        sap.replayed(sap.record("commitments", "SC-1"))
        sap.sync()
        assert sap.state("commitments", "SC-1") == ("held", "waits_for_approval")
        assert len(people.documents("SC-1")) == 1

    def test_a_change_at_the_source_waits_for_the_draft(self, sap: SapWorld, people: SapPeople) -> None:
        signed = waiting(sap, people)
        raised(people, signed)
        sap.sync()
        assert len(people.documents("SC-1")) == 1
        people.office("approve", draft=1, add=True)
        later(sap)
        assert sap.state("commitments", "SC-1") == ("held", "changed_after_posting")
        assert net(people.ledger("SC-1")) == {"20600 P-24-011/PC-0200": "100000.00", "20000": "-100000.00"}

    def test_recovering_looks_for_the_draft_that_it_knows(self, sap: SapWorld, people: SapPeople) -> None:
        signed = waiting(sap, people)
        raised(people, signed)
        sap.sync()
        recover.recover(sap.installation, 0)
        assert sap.state("commitments", "SC-1") == ("held", "waits_for_approval")
        assert len(people.documents("SC-1")) == 1

    def test_what_was_voided_at_the_source_is_told_when_its_draft_was_approved(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        signed = waiting(sap, people)
        people.work("delete", kind="commitment", id=signed["id"])
        sap.sync(sweep=True)
        assert sap.state("commitments", "SC-1") == ("held", "waits_for_approval")
        people.office("approve", draft=1, add=True)
        later(sap)
        assert sap.state("commitments", "SC-1") == ("held", "changed_after_posting")

    @pytest.mark.parametrize(
        ("acts", "state", "left"),
        [
            ({"action": "approve", "add": True}, ("held", "gone_after_posting"), 1),
            ({"action": "delete"}, ("withdrawn", "gone"), 0),
        ],
    )
    def test_what_vanished_at_the_source_is_told_when_its_draft_was_approved(
        self, sap: SapWorld, people: SapPeople, monkeypatch: pytest.MonkeyPatch,
        acts: dict[str, Any], state: tuple[str, str], left: int,
    ) -> None:  # fmt: skip
        waiting(sap, people)
        vanish(monkeypatch, "SC-1")
        sap.sync(sweep=True)
        later(sap)
        held = sap.record("commitments", "SC-1")
        assert (held.state, held.cause) == ("held", "gone_after_posting")
        assert "gone at the source, but it waits for approval in SAP as draft 1: delete it there" in held.message
        assert len(people.documents("SC-1")) == 1
        people.office(draft=1, **acts)
        later(sap)
        assert sap.state("commitments", "SC-1") == state
        assert len(people.documents("SC-1")) == left


class TestJournal:
    def posted(self, sap: SapWorld, people: SapPeople, **rules: str) -> int:
        key = people.invoice(contract(people), "PA-1", WORK)
        install(sap, **rules)
        sap.sync()
        assert net(people.ledger("PA-1")) == COST
        return key

    def undone(self, sap: SapWorld, people: SapPeople) -> Record:
        undo.carry_out(sap.record("requisitions", "PA-1"))
        sap.sync()
        record = sap.record("requisitions", "PA-1")
        assert (record.state, record.cause) == ("skipped", "set_aside")
        assert net(people.ledger("PA-1")) == {}
        return record

    def test_one_that_was_undone_and_replayed_can_be_undone_again(self, sap: SapWorld, people: SapPeople) -> None:
        self.posted(sap, people)
        sap.replayed(self.undone(sap, people))
        sap.sync()
        assert net(people.ledger("PA-1")) == COST
        self.undone(sap, people)

    @pytest.mark.parametrize("effect", ["drop_before_write", "drop_after_write"])
    def test_after_an_undo_a_lost_answer_is_not_taken_for_the_old_entry(
        self, sap: SapWorld, people: SapPeople, effect: str
    ) -> None:
        self.posted(sap, people)
        sap.replayed(self.undone(sap, people))
        sap.sap.post("/faults", {"match": {**CREATE, "nth": 1}, "effect": effect, "times": 1})
        sap.sync()
        assert sap.state("requisitions", "PA-1") == ("posted", "")
        assert net(people.ledger("PA-1")) == COST
        self.undone(sap, people)

    def test_what_was_posted_before_a_restore_is_not_posted_again_with_what_it_says_now(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        """The backup was made after it was read and before it was posted; the source has changed since."""
        key = people.invoice(contract(people), "PA-1", WORK)
        install(sap, "commitments", "requisitions")
        sap.sync()
        assert net(people.ledger("PA-1")) == COST
        record = sap.record("requisitions", "PA-1")
        Posting.objects.filter(record=record).delete()
        Record.objects.filter(pk=record.pk).update(
            state="ready", step="create", posted=None, posted_version=None, target_key="", target_number=""
        )
        people.says(key, {"work": "1300.00", "held": "130.00"})
        recover.recover(sap.installation, 7 * 24 * 3600.0)
        assert sap.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert net(people.ledger("PA-1")) == COST

    def test_what_was_reposted_before_a_restore_is_not_posted_again(self, sap: SapWorld, people: SapPeople) -> None:
        """The backup was made before any of it was read; the source says by now what it said at first."""
        key = self.posted(sap, people, corrections=ANEW)
        for work, held in (("1300.00", "130.00"), ("1000.00", "100.00")):
            people.says(key, {"work": work, "held": held})
            sap.sync()
        assert net(people.ledger("PA-1")) == COST
        sap.record("requisitions", "PA-1").delete()
        recover.recover(sap.installation, 7 * 24 * 3600.0)
        assert sap.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert net(people.ledger("PA-1")) == COST


def test_recovering_finds_everything_where_it_is(sap: SapWorld, people: SapPeople) -> None:
    people.invoice(contract(people), "PA-1", WORK)
    install(sap, "budgets", *SIGNED)
    sap.sync()
    before = people.books()
    Record.objects.all().delete()
    found = recover.recover(sap.installation, 7 * 24 * 3600.0)
    assert found.finished
    assert found.created == ()
    assert len(found.adopted) == len(sap.ours())
    assert people.books() == before


def test_a_commitment_that_is_set_aside_lets_its_requisitions_go(sap: SapWorld, people: SapPeople) -> None:
    people.invoice(contract(people), "PA-1", WORK)
    install(sap)
    sap.add("coding", without="02-300.S")
    sap.sync()
    assert sap.state("requisitions", "PA-1")[0] == "held"
    held = sap.record("commitments", "SC-1")
    replay.set_aside(held, "it is on paper")
    sap.sync()
    assert sap.state("requisitions", "PA-1") != ("held", "commitment_not_posted")
