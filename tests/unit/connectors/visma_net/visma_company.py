"""A small company of Visma.net in memory, written from vendors/visma_net.md."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx2

BASE = "https://api.visma.example.com"
TENANT = "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1188"
FORM = {
    "client_id": "isv_example",
    "client_secret": "s3cret",
    "tenant_id": TENANT,
    "company_id": "2031188",
    "base_url": f"{BASE}/",
    "token_url": f"{BASE}/connect/token",
    "page_size": "3",
}
Row = dict[str, Any]


def jwt(**claims: Any) -> str:
    """An unsigned token that says these things."""
    parts = (json.dumps({"alg": "RS256"}), json.dumps(claims), "signature")
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def answer(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, content=json.dumps(body, default=float).encode(), headers=headers)


class Company:
    """One company. `replies` answer instead of it: by method and path in lower case, each a list used one by one."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.token = jwt(tenant_id=TENANT)
        self.replies: dict[tuple[str, str], list[httpx2.Response | Exception]] = {}
        self.version = 1
        self.ignored: set[str] = set()
        self.supplier = supplier("50112")
        self.lists: dict[str, list[Row]] = {"/v1/supplier": [self.supplier], "/v1/financialperiod": periods()}
        self.largest = 1000
        self.before_put: Callable[[], None] = lambda: None
        self.transport = httpx2.MockTransport(self._handle)

    def asked(self, method: str, end: str = "") -> list[httpx2.Request]:
        return [one for one in self.requests if one.method == method and one.url.path.lower().endswith(end.lower())]

    @property
    def calls(self) -> list[str]:
        """What was called besides the token address."""
        return [f"{one.method} {one.url.path}" for one in self.requests if "/connect/" not in one.url.path]

    def on(self, method: str, path: str, *replies: httpx2.Response | Exception) -> None:
        self.replies.setdefault((method, path.lower()), []).extend(replies)

    @property
    def etag(self) -> str:
        return f'"v{self.version}"'

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = request.url.path.lower()
        if waiting := self.replies.get((request.method, path)):
            reply = waiting.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply
        if path == "/connect/token":
            return answer({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"})
        if path == "/v1/organization":
            return answer([{"organizationCd": "1", "name": "Nordbygg AS", "corporateId": "987 654 321"}])
        if path in self.lists and request.method == "GET":
            return self._page(path, parse_qs(request.url.query.decode()))
        if path == "/v1/supplier/50112":
            return self._supplier(request)
        return answer({"message": "VismaId: 1. Not found."}, 404)

    def _page(self, path: str, query: dict[str, list[str]]) -> httpx2.Response:
        rows = self.lists[path]
        if "pageSize" not in query:
            return answer(rows)
        size = min(int(query["pageSize"][0]), self.largest)
        start = (int(query["pageNumber"][0]) - 1) * size
        told = {"metadata": {"totalCount": len(rows), "maxPageSize": self.largest}}
        return answer([{**row, **told} for row in rows[start : start + size]])

    def _supplier(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "PUT":
            self.before_put()
            if request.headers.get("if-match", self.etag) != self.etag:
                return answer({}, 412)
            sent = json.loads(request.content)
            for name, wrapper in sent.items():
                if name not in self.ignored:
                    self._store(name, wrapper["value"])
            self.version += 1
            return httpx2.Response(204, headers={"ETag": self.etag})
        return answer({**self.supplier, "timeStamp": f"v{self.version}"}, ETag=self.etag)

    def _store(self, name: str, value: Any) -> None:
        if isinstance(value, dict):
            named = {"countryId": "country", "county": "county"}
            for inner, wrapper in value.items():
                held = {"id": wrapper["value"]} if inner in named else wrapper["value"]
                self.supplier[name][named.get(inner, inner)] = held
        else:
            self.supplier[name] = value


def supplier(number: str, **changes: Any) -> Row:
    return {
        "number": number,
        "name": "Fjord Betong AS",
        "status": "Active",
        "corporateId": "987654321",
        "mainAddress": {
            "addressLine1": "Kaigata 1", "addressLine2": "Inngang B", "postalCode": "5003", "city": "Bergen",
            "country": {"id": "NO", "name": "Norway"}, "county": None,
        },
        "mainContact": {"email": "post@fjord.example", "phone1": "+47 55 00 00 00"},
        "lastModifiedDateTime": "2026-03-02T09:14:22.107",
        "timeStamp": "v1",
        **changes,
    }  # fmt: skip


def periods() -> list[Row]:
    """Calendar months of 2026, the first two closed."""
    ends = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return [
        {
            "year": 2026, "period": f"{month:02d}", "startDate": f"2026-{month:02d}-01T00:00:00",
            "endDate": f"2026-{month:02d}-{end}T00:00:00", "active": True, "closedInGeneralLedger": month < 3,
        }
        for month, end in enumerate(ends, start=1)
    ]  # fmt: skip


def batch(number: str, *amounts: int, first: int = 1, total: int | None = None, **changes: Any) -> Row:
    """A part of a batch with these debits, numbered from `first`; `total` is that of the whole batch."""
    whole = sum(amounts) if total is None else total
    lines = [
        {
            "lineNumber": first + place, "accountNumber": "4300", "debitAmountInCurrency": Decimal(amount),
            "creditAmountInCurrency": 0, "subaccount": {"subaccountNumber": "000", "segments": []},
        }
        for place, amount in enumerate(amounts)
    ]  # fmt: skip
    return {
        "module": "ModuleGL", "batchNumber": number, "status": "Posted", "transactionDate": "2026-03-31T00:00:00",
        "financialPeriod": "202603", "currencyId": "NOK", "description": f"ML-ABC-1: {number}",
        "debitTotalInCurrency": whole, "creditTotalInCurrency": 0, "journalTransactionLines": lines,
        "lastModifiedDateTime": "2026-04-01T10:00:00.5", "timeStamp": "v1", **changes,
    }  # fmt: skip
