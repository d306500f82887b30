"""An Acumatica instance made of scripted answers, and the documents that its tests use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx2
import msgspec

from ml_connector.connectors.kit.target import Item
from ml_connector.records.documents import Bill, BillLine

BASE = "https://erp.example.com/inst"
FORM = {
    "base_url": BASE,
    "token_url": f"{BASE}/identity/connect/token",
    "client_id": "8E0761D9-0000@U100",
    "client_secret": "s3cret",
    "tenant_id": "U100",
    "username": "api",
    "password": "pw",
    "endpoint_version": "24.200.001",
    "webhook_header": "X-Acumatica-Secret",
}
ENTITY = "/inst/entity/Default/24.200.001"


class Instance:
    """Answers each call with what was scripted for its method and path, and keeps the requests.

    The last scripted answer for a place is repeated. Tokens are given out numbered unless scripted otherwise.
    """

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.forms: list[dict[str, str]] = []
        self._script: dict[tuple[str, str], list[httpx2.Response | Exception]] = {}
        self.transport = httpx2.MockTransport(self._handle)

    def answers(self, method: str, path: str, *answers: httpx2.Response | Exception) -> None:
        """Script a place below the instance; paths that do not start with a slash are below the endpoint."""
        full = f"/inst{path}" if path.startswith("/") else f"{ENTITY}/{path}"
        self._script[method, full] = list(answers)

    def asked(self, method: str, path: str = "") -> list[httpx2.Request]:
        """The requests with this method whose path ends so."""
        return [call for call in self.requests if call.method == method and call.url.path.endswith(path)]

    def filters(self, path: str) -> list[str]:
        """The `$filter` of each GET of this path."""
        return [call.url.params.get("$filter", "") for call in self.asked("GET", path)]

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        script = self._script.get((request.method, request.url.path))
        if request.url.path == "/inst/identity/connect/token":
            self.forms.append({key: values[0] for key, values in parse_qs(request.content.decode()).items()})
            if not script:
                number = len(self.forms)
                token = {"access_token": f"t{number}", "expires_in": 3600, "refresh_token": f"r{number}"}
                return httpx2.Response(200, json=token)
        if not script:
            raise AssertionError(f"nobody scripted {request.method} {request.url}")
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)


def reply(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    """A JSON answer; amounts keep their digits."""
    content = msgspec.json.Encoder(decimal_format="number").encode(body)
    return httpx2.Response(status, headers={"content-type": "application/json", **headers}, content=content)


def failure(message: str, kind: str = "PX.Data.PXException", status: int = 500) -> httpx2.Response:
    """An HttpError."""
    said = {"message": "An error has occurred.", "exceptionMessage": message, "exceptionType": kind, "stackTrace": "at"}
    return reply(said, status)


def wire(**fields: Any) -> dict[str, Any]:
    """Wrapped fields; lists and ready objects stay as they are."""
    return {
        name: entry if isinstance(entry, (list, dict)) else {} if entry is None else {"value": entry}
        for name, entry in fields.items()
    }


def stored(number: str = "000412", status: str = "Balanced", **changes: Any) -> dict[str, Any]:
    """A bill as Acumatica answers, the one of `document` unless changed."""
    line = {"id": "9b1e", "rowNumber": 1, "custom": {}} | wire(
        Account="54000",
        Subaccount="000000",
        ExtendedCost=Decimal("1250.50"),
        Amount=Decimal("1250.50"),
        Qty=Decimal("0.0"),
        Project="TOWER1",
        ProjectTask="03",
        CostCode="03-300",
        TransactionDescription="Slab level 2",
    )
    bill = wire(
        Type="Bill",
        ReferenceNbr=number,
        Status=status,
        Vendor="NORTHCONC",
        VendorRef="REQ-7-0003",
        Date="2026-03-31T00:00:00+00:00",
        PostPeriod="032026",
        CurrencyID="USD",
        Description="mlc-7k2-1: Pay app 3",
        Amount=Decimal("1250.50"),
        Balance=Decimal("1250.50"),
        TaxTotal=Decimal("0.0"),
        Hold=False,
    )
    return {"id": f"guid-{number}", "rowNumber": 1, "custom": {}} | bill | {"Details": [line]} | wire(**changes)


DOCUMENT = Bill(
    reference="mlc-7k2-1",
    vendor="NORTHCONC",
    number="REQ-7-0003",
    date=date(2026, 3, 31),
    period="2026-03",
    currency="USD",
    text="Pay app 3",
    total=Decimal("1250.50"),
    tax=Decimal(0),
    lines=(
        BillLine(
            account="54000",
            subaccount="000000",
            project="TOWER1",
            task="03",
            cost_code="03-300",
            amount=Decimal("1250.50"),
            text="Slab level 2",
        ),
    ),
)


def item(**changes: Any) -> Item:
    """A record's document on its way; `document` changes its bill, the rest the item."""
    document = msgspec.structs.replace(DOCUMENT, **changes.pop("document", {}))
    return msgspec.structs.replace(Item(reference=DOCUMENT.reference, document=document), **changes)


def posted(number: str = "000412", **changes: Any) -> Item:
    """An item that was created as bill `number`."""
    return item(key=f"guid-{number}", number=number, **changes)
