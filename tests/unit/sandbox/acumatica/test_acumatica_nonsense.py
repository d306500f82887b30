"""Bodies that no sensible client sends: each one is answered, and the ledger balances afterwards."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from ml_connector.sandbox.acumatica.contract import FORMS, kinds
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.web.server import Acumatica
from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.http import Answer, Call
from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.month.build import build

TEXTS = ["", "x", "1", "V00001", "Bill", "000001", "TOWER1", "03", "03-300", "54000", "Subcontract", "SC000001", "GL"]
VALUES: dict[str, list[Any]] = {
    "text": [*TEXTS, None, 5, "9" * 60],
    "amount": [0, 1, -5, 1.5, 0.005, 1e14, 10**30, None, "x"],
    "flag": [True, False, None, "x"],
    "time": ["2026-01-15", "1/31/2026", "13/45/2026", None],
}
BILL = {"Vendor": {"value": "V00001"}, "Hold": {"value": False}, "Date": {"value": "2026-01-31"}}
LINE = {
    "Account": {"value": "54000"},
    "ExtendedCost": {"value": 12.34},
    "Project": {"value": "TOWER1"},
    "ProjectTask": {"value": "03"},
    "CostCode": {"value": "03-300"},
}


class Nonsense:
    """Makes bodies of an entity's fields with more or less fitting values."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def body(self, kind: str, depth: int = 0) -> dict[str, Any]:
        chance, entity = self._random.random, kinds()[kind]
        made: dict[str, Any] = {
            name: {"value": self._random.choice(VALUES.get(word, [0, 1, -7, "x"]))} if chance() < 0.99 else "bare"
            for name, word in entity.fields.items()
            if chance() < 0.2
        }
        if depth < 2:
            for name, target in entity.details.items():
                if chance() < 0.3:
                    made[name] = [self.body(target, depth + 1) for _ in range(self._random.randint(0, 2))]
            for name, target in entity.linked.items():
                if chance() < 0.1:
                    made[name] = self.body(target, depth + 1)
        return made

    def bill(self) -> dict[str, Any]:
        """A bill that is right, or right but for some fields of its header or its first line."""
        header = self.body("Bill", depth=2) if self._random.random() < 0.3 else {}
        line = self.body("BillDetail", depth=2) if self._random.random() < 0.3 else {}
        return {**header, **BILL, "Details": [{**LINE, **line}, LINE]}

    def one(self, choices: list[Any]) -> Any:
        return self._random.choice(choices)


class Caller:
    """Calls the instance without HTTP."""

    def __init__(self, erp: Acumatica) -> None:
        self._erp = erp
        self._headers = {"content-type": "application/x-www-form-urlencoded", "content-length": "1"}
        ready = erp.ready({"": ""})
        form = {name: ready[name] for name in ("client_id", "client_secret", "username", "password")}
        answer = self.call("POST", "/identity/connect/token", urlencode({"grant_type": "password", **form}).encode())
        token = wire.decode(answer.body)["access_token"]
        self._headers |= {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def call(self, method: str, path: str, body: bytes) -> Answer:
        return self._erp.answer(
            Call(
                method=method,
                path=f"/inst{path}",
                query_string="",
                headers=self._headers,
                body=body,
                listener="",
                url="http://sandbox",
            )
        )


def test_every_body_gets_an_answer_and_the_ledger_balances() -> None:
    erp = Acumatica(SandboxClock(), Options(rate_limits=False))
    erp.load(build("small"))
    erp.switches.set({"action_answer": "204"})
    caller, nonsense = Caller(erp), Nonsense(7)
    statuses, seeded = set(), len(posted(erp))
    for _ in range(3000):
        kind = nonsense.one(["Bill", *FORMS])
        root = f"/entity/Default/{nonsense.one([22, 23, 24, 25])}.200.001/{kind}"
        body = nonsense.bill() if kind == "Bill" else nonsense.body(kind)
        statuses.add(caller.call("PUT", root, wire.encode(body)).status)
        rows, actions = list(erp.store[kind]), kinds()[kind].actions
        if rows and actions:
            order = {"entity": {"id": nonsense.one(rows).id}}
            statuses.add(caller.call("POST", f"{root}/{nonsense.one(list(actions))}", wire.encode(order)).status)
    assert statuses == {200, 204, 400, 404, 422, 500}
    assert len(posted(erp)) > seeded
    assert sum((line.amount("DebitAmount") - line.amount("CreditAmount") for line in posted(erp)), Decimal(0)) == 0
    assert erp.books()
    assert erp.state()


def posted(erp: Acumatica) -> list[Row]:
    """The lines of all posted batches."""
    batches = [batch for batch in erp.store["JournalTransaction"] if batch.text("Status") == "Posted"]
    return [line for batch in batches for line in batch.lines()]
