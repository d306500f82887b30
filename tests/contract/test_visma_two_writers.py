"""Two writers on one supplier, ours and an accountant: whoever comes when, no field of either is lost."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from visma_net_connected import opened
from visma_over_http import SUPPLIERS, Erp, erp

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Done
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import connector
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.records.masters import MasterChange

(WRITE,) = connector.supplier_changes.steps
SUPPLIER = "V00001"
EDITS = 20
ACTS = {
    "name": "name",
    "city": "city",
    "email": "email",
    "phone": "phone",
    "address": "street",
    "tax_id": "corporate_id",
    "postal_code": "postal_code",
}
"""Our names of the fields that both write, and those of the accountant's form."""
THEIRS = ("note", "account_ref")
"""Fields that we never write."""
FAULTS = ("drop_before_write", "drop_after_write", "status", "none", "none", "none")


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


class Accountant:
    """Edits the supplier before and after any call of ours; `last` is what the supplier must hold by now."""

    def __init__(self, running: Erp, client: VismaClient, chance: Random) -> None:
        self._running, self._chance, self._count = running, chance, 0
        self._send = client._session.call
        self.edited: set[str] = set()
        self.last = stored(running)
        client._session.call = self._between  # type: ignore[method-assign]

    def edit(self) -> None:
        name = self._chance.choice((*ACTS, *THEIRS))
        self._count += 1
        text = f"{name} theirs {1000 + self._count}"  # phone numbers are compared by their digits
        self._running.act("edit_supplier", number=SUPPLIER, **{ACTS.get(name, name): text})
        self.last[name] = text
        self.edited.add(name)

    def _between(self, *given: Any, **named: Any) -> Any:
        for _ in range(self._chance.choice((0, 0, 1))):
            self.edit()
        try:
            return self._send(*given, **named)
        finally:
            for _ in range(self._chance.choice((0, 0, 1))):
                self.edit()


def stored(running: Erp) -> dict[str, str]:
    """Every field of the supplier that either of the two writes."""
    row = running.get(f"{SUPPLIERS}/{SUPPLIER}?expandNote=true")
    place, contact = row["mainAddress"], row["mainContact"]
    found = {
        "name": row["name"], "city": place["city"], "email": contact["email"], "phone": contact["phone1"],
        "address": place["addressLine1"], "tax_id": row["corporateId"], "postal_code": place["postalCode"],
        "note": row["note"], "account_ref": row["accountReference"],
    }  # fmt: skip
    return {name: text or "" for name, text in found.items()}


def carried_out(client: VismaClient, running: Erp, item: Item, fault: str) -> Done:
    """Our change, as the hub makes it: a lost answer is looked up, what was not done is tried again."""
    if fault != "none":
        args = {"status": 503} if fault == "status" else {}
        match = {"method": "PUT", "path": "(?i).*/supplier/.*"}
        running.order("/faults", {"match": match, "effect": fault, "times": 1, "args": args})
    is_lost = False
    for _ in range(50):
        if is_lost:
            assert WRITE.look_up is not None
            (found,) = WRITE.look_up(client, [item])
            if isinstance(found, Done):
                return found
        try:
            (outcome,) = WRITE.run(client, [item])
        except errors.AnswerLost:
            is_lost = True
            continue
        except errors.TryLater:  # the accountant was quicker every time
            is_lost = False
            continue
        assert isinstance(outcome, Done), outcome
        return outcome
    raise AssertionError("our change was never carried out")


@pytest.mark.parametrize("seed", range(10))
def test_no_field_of_either_is_lost(running: Erp, seed: int) -> None:
    """What the accountant touched since we looked is theirs, all else that we change is ours, the rest stays."""
    chance = Random(seed)
    running.reset()
    client = opened(running)
    accountant = Accountant(running, client, chance)
    untouched = running.get(f"{SUPPLIERS}/{SUPPLIER}")["creditTerms"]
    for number in range(EDITS):
        before, accountant.edited = dict(accountant.last), set()
        values = {name: f"{name} ours {9000 + number}" for name in chance.sample(list(ACTS), k=chance.randint(1, 3))}
        change = MasterChange(
            reference=f"ML-SSSSSSSSSSSS-{number}", key=SUPPLIER, code="", name="", values=values,
            expected={name: before[name] for name in values},
        )  # fmt: skip
        item = Item(reference=change.reference, document=change)
        outcome = carried_out(client, running, item, chance.choice(FAULTS))
        accountant.last |= {name: text for name, text in values.items() if name not in accountant.edited}
        assert set(filter(None, outcome.memo["overtaken"].split(","))) <= accountant.edited
        assert stored(running) == accountant.last, f"edit {number}"
    assert running.get(f"{SUPPLIERS}/{SUPPLIER}")["creditTerms"] == untouched
    put = [call["status"] for call in running.control.get("/calls").json() if call["method"] == "PUT"]
    assert 412 in put and 204 in put
    client.close()
