"""A small Service Layer in memory, written from vendors/sap_b1.md, and the documents that the tests use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx2

from ml_connector.connectors.kit.target import Item
from ml_connector.records.documents import Bill, BillLine, PurchaseOrder
from ml_connector.records.journals import Journal, JournalLine, Role

BASE = "https://sap.example.com:50000"
FORM = {
    "base_url": f"{BASE}/b1s/v2/",
    "company_db": "SBODEMO",
    "username": "connector",
    "password": "s3cret",
    "currencies": "USD=$",
    "tax_code": "EX",
    "page_size": "3",
}
DOCUMENTS = ("PurchaseInvoices", "PurchaseCreditNotes", "PurchaseOrders")
SESSION_OVER = "Invalid session or session already timeout."
Row = dict[str, Any]


def fault(status: int, code: int, text: str, version: str = "v2") -> httpx2.Response:
    """An error in the form of a version."""
    error: Row = {"code": str(code), "message": text}
    if version == "v1":
        error = {"code": code, "message": {"lang": "en-us", "value": text}}
    return httpx2.Response(status, json={"error": error})


class Server:
    """One company. `refuse` answers instead of it while it returns something."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.sessions: set[str] = set()
        self.logins = 0
        self.fields_known = True
        self.refuse: Callable[[httpx2.Request], httpx2.Response | Exception | None] = lambda request: None
        self.refuse_document: Callable[[str, Row], httpx2.Response | None] = lambda entity, body: None
        self.after_write: Exception | None = None
        self.tables: dict[str, list[Row]] = {name: [] for name in (*DOCUMENTS, "JournalEntries", "Drafts")}
        self.tables |= masters()
        self.periods = [period(month) for month in range(1, 13)]
        self.accuracy = 2
        self.rate = Decimal(1)
        self.transport = httpx2.MockTransport(self._handle)

    def asked(self, method: str, end: str) -> list[httpx2.Request]:
        """The requests with this method whose path ends so."""
        return [one for one in self.requests if one.method == method and one.url.path.endswith(end)]

    @property
    def writes(self) -> list[str]:
        """The paths of what created or changed something."""
        reads = ("/Login", "/Logout", "Info", "Periods")
        return [one.url.path for one in self.requests if one.method == "POST" and not one.url.path.endswith(reads)]

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        refused = self.refuse(request)
        if isinstance(refused, Exception):
            raise refused
        if refused is not None:
            return refused
        path = request.url.path
        if path == "/ping/":
            return httpx2.Response(200, json={"message": "pong"})
        version, _, place = path.removeprefix("/b1s/").partition("/")
        if place == "Login":
            return self._log_in(request)
        session = re.search(r"B1SESSION=([^;]+)", request.headers.get("cookie", ""))
        if not session or session.group(1) not in self.sessions:
            return fault(401, 301, SESSION_OVER, version)
        if place == "Logout":
            self.sessions.discard(session.group(1))
            return httpx2.Response(204)
        answer = self._serve(request, place, version)
        if request.method == "POST" and self.after_write is not None and "Service_" not in place:
            raise self.after_write
        return answer

    def _log_in(self, request: httpx2.Request) -> httpx2.Response:
        given = json.loads(request.content)
        if given["CompanyDB"] != "SBODEMO":
            return fault(401, -304, "Fail to get DB Credentials from SLD")
        if given["Password"] != "s3cret":
            return fault(401, 100000027, "Login failed")
        self.logins += 1
        name = f"session-{self.logins}"
        self.sessions.add(name)
        cookies = [("Set-Cookie", f"B1SESSION={name};HttpOnly;"), ("Set-Cookie", "ROUTEID=.node1; path=/b1s")]
        body = {"SessionId": name, "Version": "1000280", "SessionTimeout": 30}
        return httpx2.Response(200, headers=cookies, json=body)

    def _serve(self, request: httpx2.Request, place: str, version: str) -> httpx2.Response:
        if place == "$batch":
            return self._batch(request)
        if place.startswith("CompanyService_"):
            return httpx2.Response(200, json=self._service(place))
        if found := re.fullmatch(r"(\w+)\((\d+)\)/Cancel", place):
            return self._cancel(found.group(1), int(found.group(2)))
        if request.method == "POST":
            return self._create(place, json.loads(request.content))
        return self._list(request, place, version)

    def _service(self, name: str) -> Any:
        if name == "CompanyService_GetAdminInfo":
            return {"LocalCurrency": "$", "TotalsAccuracy": self.accuracy}
        if name == "CompanyService_GetPeriods":
            return {"value": [{"AbsoluteEntry": 1}]}
        if name == "CompanyService_GetFinancePeriods":
            return {"value": self.periods}
        return {"CompanyName": "Demo Builders", "Version": 1000280}

    def _list(self, request: httpx2.Request, entity: str, version: str) -> httpx2.Response:
        if entity not in self.tables:
            return fault(400, -1002, "Unrecognized resource path", version)
        params = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        if not self.fields_known and "U_Mlc" in str(params):
            return fault(400, -1000, "Property 'U_MlcRef' of 'Document' is invalid", version)
        rows = [row for row in self.tables[entity] if matches(params.get("$filter", ""), row)]
        size = int(re.search(r"maxpagesize=(\d+)", request.headers.get("prefer", "")).group(1) or 0)  # type: ignore[union-attr]
        skip = int(params.get("$skip", 0))
        page = rows[skip : skip + size] if size else rows[skip:]
        body: Row = {"value": page[: int(params["$top"])] if "$top" in params else page}
        if size and skip + size < len(rows):
            body["@odata.nextLink" if version == "v2" else "odata.nextLink"] = f"{entity}?$skip={skip + size}"
        return httpx2.Response(200, json=body)

    def _create(self, entity: str, body: Row) -> httpx2.Response:
        if not self.fields_known and "U_Mlc" in json.dumps(body):
            return fault(400, -1000, "Property 'U_MlcRef' of 'Document' is invalid")
        if (refused := self.refuse_document(entity, body)) is not None:
            return refused
        rows = self.tables[entity]
        key = len(rows) + 1
        if entity == "JournalEntries":
            made = {**body, "JdtNum": key, "Number": 400 + key, "OriginalJournal": "ttJournalEntry"}
            if sum(Decimal(str(line.get("Debit", 0))) - Decimal(str(line.get("Credit", 0))) for line in lines_of(made)):
                return fault(400, -5002, "Unbalanced Transaction")
        elif entity in DOCUMENTS:
            made = {
                **body, "DocEntry": key, "DocNum": 1000 + key, "VatSum": 0.0, "PaidToDate": 0.0, "Cancelled": "tNO",
                "CancelStatus": "csNo", "DocumentStatus": "bost_Open", "TransNum": 900 + key, **self._totals(body),
            }  # fmt: skip
        else:
            made = {**body, "FieldID": key}
        for name in ("DocDate", "TaxDate", "ReferenceDate"):
            if name in made:
                made[name] += "T00:00:00Z"
        rows.append(made)
        return httpx2.Response(201, json=made)

    def _totals(self, body: Row) -> Row:
        """What a foreign document comes to in its own and in the company's currency."""
        foreign = sum(row.get("RowTotalFC", 0) for row in body["DocumentLines"])
        local = sum(row.get("LineTotal", 0) for row in body["DocumentLines"])
        return {"DocTotal": local + float(foreign * self.rate), "DocTotalFc": foreign}

    def _cancel(self, entity: str, key: int) -> httpx2.Response:
        row = self.tables[entity][key - 1]
        if row["Cancelled"] == "tYES":
            return fault(400, -5006, "The document is already cancelled")
        row |= {"Cancelled": "tYES", "CancelStatus": "csYes"}
        made = row | {"DocEntry": len(self.tables[entity]) + 1, "DocNum": 1001 + len(self.tables[entity])}
        made |= {"Cancelled": "tNO", "CancelStatus": "csCancellation", "U_MlcRef": None, "TransNum": 950 + key}
        self.tables[entity].append(made)
        return httpx2.Response(204)

    def _batch(self, request: httpx2.Request) -> httpx2.Response:
        parts = re.findall(
            rb"POST /b1s/v\d/(\w+) HTTP/1.1\r\n[^\r]*\r\n\r\n(\{.*?\})\r\n--changeset", request.content, re.S
        )
        told = []
        for number, (entity, body) in enumerate(parts, 1):
            answer = self._create(entity.decode(), json.loads(body))
            inner = (
                f"HTTP/1.1 {answer.status_code} X\r\nContent-Type: application/json\r\n\r\n".encode() + answer.content
            )
            head = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            if answer.status_code == 201:
                mark = f"changesetresponse_{number}".encode()
                inner = head + f"Content-ID: {number}\r\n\r\n".encode() + inner
                inner = b"--" + mark + b"\r\n" + inner + b"\r\n--" + mark + b"--"
                head = b"Content-Type: multipart/mixed; boundary=" + mark + b"\r\n"
            told.append(b"--batchresponse_1\r\n" + head + b"\r\n" + inner + b"\r\n")
            if answer.status_code != 201:
                break
        content = b"".join(told) + b"--batchresponse_1--\r\n"
        return httpx2.Response(
            200, headers={"Content-Type": "multipart/mixed;boundary=batchresponse_1"}, content=content
        )


def lines_of(row: Row) -> list[Row]:
    """The lines of a journal entry."""
    return row["JournalEntryLines"]  # type: ignore[no-any-return]


def matches(condition: str, row: Row) -> bool:
    """Whether a row fulfils a filter of `and`, `or`, `eq`, `ge`, `le` and parentheses."""
    words = iter(re.findall(r"'(?:[^']|'')*'|[()]|[\w.-]+", condition))
    pending: list[str] = list(words)
    return _any(pending, row) if pending else True


def _any(words: list[str], row: Row) -> bool:
    found = _all(words, row)
    while words and words[0] == "or":
        words.pop(0)
        found = _all(words, row) or found
    return found


def _all(words: list[str], row: Row) -> bool:
    found = _one(words, row)
    while words and words[0] == "and":
        words.pop(0)
        found = _one(words, row) and found
    return found


def _one(words: list[str], row: Row) -> bool:
    name = words.pop(0)
    if name == "(":
        found = _any(words, row)
        words.pop(0)
        return found
    operation, literal = words.pop(0), words.pop(0)
    value = "" if row.get(name) is None else str(row[name])
    wanted = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    if operation == "eq":
        return value == wanted
    return value[:10] >= wanted if operation == "ge" else value[:10] <= wanted


def period(month: int, status: str = "ltUnlocked") -> Row:
    """A calendar month of 2026 as a posting period."""
    following = date(2026 + month // 12, month % 12 + 1, 1)
    last = date.fromordinal(following.toordinal() - 1)
    return {
        "PostingDateFrom": f"2026-{month:02d}-01T00:00:00Z", "PostingDateTo": f"{last}T00:00:00Z", "Locked": "tNO",
        "PeriodStatus": status,
    }  # fmt: skip


def masters() -> dict[str, list[Row]]:
    """Master data: good ones first, then one of each kind that is not usable."""
    account = {
        "ActiveAccount": "tYES",
        "LockManualTransaction": "tNO",
        "FrozenFor": "tNO",
        "AccountType": "at_Expenses",
    }
    center = {"InWhichDimension": 1, "Active": "tYES", "EffectiveFrom": "2026-01-01"}
    return {
        "ChartOfAccounts": [
            {"Code": "_SYS164", "Name": "Subcontracts", "FormatCode": "5010-01", **account},
            {"Code": "_SYS019", "Name": "Accruals", "FormatCode": "2190-01", **account},
            {"Code": "_SYS001", "Name": "Costs", "FormatCode": "5000", **account, "ActiveAccount": "tNO"},
            {"Code": "_SYS002", "Name": "Locked", **account, "LockManualTransaction": "tYES"},
            {"Code": "_SYS003", "Name": "Frozen", **account, "FrozenFor": "tYES"},
            {"Code": "_SYS211", "Name": "Payables", **account},
        ],
        "ProfitCenters": [
            {"CenterCode": "PC-0310", "CenterName": "Concrete", **center},
            {"CenterCode": "PC-OLD", "CenterName": "Old", **center, "EffectiveTo": "2026-02-28T00:00:00Z"},
            {"CenterCode": "PC-OFF", "CenterName": "Off", **center, "Active": "tNO"},
            {"CenterCode": "PC-DIM2", "CenterName": "Two", **center, "InWhichDimension": 2},
        ],
        "Projects": [
            {"Code": "P-100", "Name": "Tower", "Active": "tYES"},
            {"Code": "P-OFF", "Name": "Done", "Active": "tNO"},
            {"Code": "P-LATE", "Name": "Later", "Active": "tYES", "ValidFrom": "2026-06-01"},
        ],
        "Currencies": [
            {"Code": "$", "Decimals": "cdDefault", "Rounding": "rsNoRounding"},
            {"Code": "JPY", "Decimals": "cdWithoutDecimals", "Rounding": "rsNoRounding"},
        ],
        "BusinessPartners": [
            {"CardCode": "V10000", "CardName": "Acme", "CardType": "cSupplier", "Currency": "##", "Frozen": "tNO",
             "DebitorAccount": "_SYS211"},
            {"CardCode": "V-OFF", "CardName": "Off", "CardType": "cSupplier", "Currency": "##", "Frozen": "tYES"},
            {"CardCode": "C20000", "CardName": "Buyer", "CardType": "cCustomer", "Currency": "##", "Frozen": "tNO"},
        ],
        "UserFieldsMD": [],
    }  # fmt: skip


def line(amount: str = "12500.50", **values: Any) -> BillLine:
    """A usable line."""
    usable: Row = {
        "account": "_SYS164",
        "project": "P-100",
        "center": "PC-0310",
        "text": "Concrete, level 2",
        "source": "line:1",
    }
    return BillLine(subaccount="", task="", cost_code="", amount=Decimal(amount), **usable | values)


def bill(number: int = 1, *lines: BillLine, **values: Any) -> Item:
    """A usable invoice."""
    rows = lines or (line(),)
    known: Row = {
        "reference": f"ML-AAAAAAAAAA{number:02d}-1", "vendor": "V10000", "number": f"SC-{number:04d}",
        "date": date(2026, 3, 31), "period": "2026-03", "currency": "USD", "text": "Commitment 7731",
        "total": sum((row.amount for row in rows), Decimal(0)), "tax": Decimal(0), "source": "change_order:88",
        "order": "commitment:7731",
    }  # fmt: skip
    document = Bill(lines=rows, **known | values)
    return Item(reference=document.reference, document=document)


def order(number: int = 1) -> Item:
    """A usable purchase order."""
    meant = bill(number).document
    shared = {name: getattr(meant, name) for name in PurchaseOrder.__struct_fields__}
    return Item(reference=meant.reference, document=PurchaseOrder(**shared))


def journal(number: int = 1, amount: str = "830.25", **values: Any) -> Item:
    """A usable journal."""
    cost = JournalLine(
        account="_SYS164", amount=Decimal(amount), text="Crane", project="P-100", center="PC-0310", source="line:7"
    )
    accrual = JournalLine(account="_SYS019", amount=-Decimal(amount), text="Crane", role=Role.OFFSET)
    known: Row = {
        "reference": f"ML-JJJJJJJJJJ{number:02d}-1", "number": f"DC-{number}", "date": date(2026, 3, 31),
        "period": "2026-03", "currency": "USD", "text": "Direct cost 551", "lines": (cost, accrual),
        "vendor": "V10000", "source": "direct_cost:551", "order": "commitment:7731",
    }  # fmt: skip
    document = Journal(**known | values)
    return Item(reference=document.reference, document=document)


def held_lines(server: Server, entity: str) -> Iterator[Row]:
    """All stored lines of an entity."""
    for row in server.tables[entity]:
        yield from row["JournalEntryLines" if entity == "JournalEntries" else "DocumentLines"]
