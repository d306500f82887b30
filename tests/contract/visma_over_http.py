"""A caller of the Visma.net sandbox for its tests: asks for tokens, sends records, gives orders to the control API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from sandbox_harness import served

from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.visma_net.vendor import VismaNet

SCOPES = " ".join(f"vismanet_erp_service_api:{right}" for right in ("create", "read", "update", "delete"))
JOURNALS, INVOICES, ORDERS, SUPPLIERS = (
    "/v2/journaltransaction",
    "/v1/supplierInvoice",
    "/v1/purchaseorder",
    "/v1/supplier",
)


class Erp:
    """One running ERP; `http` carries the token and the company header of `sign_in`."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.http = httpx2.Client(base_url=ready["base_url"], trust_env=False, timeout=20)
        self.control = httpx2.Client(base_url=ready["control_url"], trust_env=False, timeout=20)

    # access

    def grant(self, *, basic: bool = False, **changes: str) -> httpx2.Response:
        """The token endpoint with `changes` to the form; an empty change leaves the field out."""
        form = {"grant_type": "client_credentials", "tenant_id": self.ready["tenant_id"], "scope": SCOPES}
        credentials = (self.ready["client_id"], self.ready["client_secret"])
        if not basic:
            form |= {"client_id": credentials[0], "client_secret": credentials[1]}
        sent = {name: value for name, value in (form | changes).items() if value}
        auth = credentials if basic else None
        return httpx2.post(self.ready["token_url"], data=sent, auth=auth, trust_env=False)

    def sign_in(self, **changes: str) -> dict[str, Any]:
        """The token answer; `http` uses the token and the company from now on."""
        answer = self.grant(**changes)
        assert answer.status_code == 200, answer.text
        token: dict[str, Any] = answer.json()
        self.http.headers["Authorization"] = f"Bearer {token['access_token']}"
        self.http.headers["ipp-company-id"] = str(self.ready["company_id"])
        return token

    # records

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def create(self, path: str, body: dict[str, Any]) -> str:
        """The number of a new record, from the last part of Location."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"].rpartition("/")[2])

    def change(self, path: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
        return self.http.put(path, json=body, headers=headers)

    def changed(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The record after a change."""
        answer = self.change(path, body)
        assert answer.status_code == 204, answer.text
        return self.get(path)

    def journal(self, **changes: Any) -> str:
        return self.create(JOURNALS, journal(**changes))

    def invoice(self, **changes: Any) -> str:
        return self.create(INVOICES, invoice(**changes))

    def order_of(self, **changes: Any) -> str:
        return self.create(ORDERS, order(**changes))

    def release(self, path: str) -> None:
        answer = self.http.post(f"{path}/action/release", json={})
        assert answer.status_code == 200, answer.text
        assert answer.json()["actionResult"] == "Done"

    def refused(self, path: str, body: dict[str, Any], status: int = 400) -> str:
        """The text of a refused POST."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return str(answer.json()["message"])

    # the control API

    def order(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, **values: Any) -> None:
        self.order("/switches", values)

    def act(self, action: str, **fields: Any) -> Any:
        return self.order("/act", {"action": action, **fields})

    def cannot(self, action: str, **fields: Any) -> str:
        answer = self.control.post("/act", json={"action": action, **fields})
        assert answer.status_code == 409, answer.text
        return str(answer.json()["error"])

    def advance(self, seconds: float) -> None:
        self.order("/clock", {"advance_s": seconds})

    def books(self, document: str) -> list[dict[str, Any]]:
        return [row for row in self.control.get("/books").json() if row["document"] == document]

    def book(self, document: str, number: str) -> dict[str, Any]:
        return next(row for row in self.books(document) if row["number"] == number)

    def reset(self) -> None:
        """As at start, signed in."""
        self.order("/reset", {})
        self.sign_in()


def wrapped(**values: Any) -> dict[str, Any]:
    """Values in their wrapper; lists and None are left as they are, dictionaries are wrapped with what they hold."""
    return {
        name: value
        if isinstance(value, list) or value is None
        else {"value": wrapped(**value) if isinstance(value, dict) else value}
        for name, value in values.items()
    }


def segments(centre: str = "011", code: str = "03-300") -> list[dict[str, Any]]:
    return [{"segmentId": 2, "segmentValue": centre}, {"segmentId": 3, "segmentValue": code}]


def journal_line(account: str, debit: float = 0, credit: float = 0, **changes: Any) -> dict[str, Any]:
    values = {"accountNumber": account, "debitAmountInCurrency": debit, "creditAmountInCurrency": credit, **changes}
    return {"operation": "Insert", **wrapped(**values)}


def journal(**changes: Any) -> dict[str, Any]:
    """A batch on a project against the accrual account; None leaves a field out."""
    cost = journal_line(
        "54000", debit=1250.50, subaccount=segments(), project="HARBOR1", projectTask="03", referenceNumber="DC-88"
    )
    values = {
        "hold": False,
        "transactionDate": "2026-01-31T00:00:00",
        "financialPeriod": "202601",
        "description": "ML-abc-1: Direct costs",
        "journalTransactionLines": [cost, journal_line("20500", credit=1250.50)],
    } | changes
    return wrapped(**{name: value for name, value in values.items() if value is not None})


def invoice_line(amount: float | None = 9000, **changes: Any) -> dict[str, Any]:
    values = {
        "accountNumber": "52000",
        "transactionDescription": "Concrete",
        "costInCurrency": amount,
        "projectId": "HARBOR1",
        "projectTaskId": "03",
        "subaccount": segments(),
    } | changes
    return {"operation": "Insert", **wrapped(**{name: value for name, value in values.items() if value is not None})}


def invoice(**changes: Any) -> dict[str, Any]:
    values = {
        "documentType": "Invoice",
        "supplierNumber": "V00001",
        "supplierReference": "FB-7781",
        "date": "2026-01-20T00:00:00",
        "hold": False,
        "description": "ML-abc-2: bill",
        "invoiceLines": [invoice_line()],
    } | changes
    return wrapped(**{name: value for name, value in values.items() if value is not None})


def order_line(cost: float = 250000, **changes: Any) -> dict[str, Any]:
    values = {
        "inventory": "SUBCON",
        "lineDescription": "Groundwork",
        "orderQty": 1,
        "unitCost": cost,
        "project": "HARBOR1",
        "projectTask": "03",
        "sub": segments(),
    } | changes
    return {"operation": "Insert", **wrapped(**{name: value for name, value in values.items() if value is not None})}


def order(**changes: Any) -> dict[str, Any]:
    values = {
        "orderType": "RegularOrder",
        "supplier": "V00001",
        "date": "2026-01-10T00:00:00",
        "hold": False,
        "description": "ML-abc-3: Foundation",
        "lines": [order_line()],
    } | changes
    return wrapped(**{name: value for name, value in values.items() if value is not None})


@contextmanager
def erp(*, rate_limits: bool = False) -> Iterator[Erp]:
    """The ERP with a dozen requisitions' month, for the block."""
    with served([VismaNet], build, "small", Options(rate_limits=rate_limits)) as ready:
        running = Erp(ready["visma_net"])
        running.sign_in()
        yield running
        running.http.close()
        running.control.close()
