"""Lists: bare arrays, metadata on each row, journals paged by their lines (vendors/visma_net.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk, amount
from ml_connector.sandbox.visma_net.entities import journals
from ml_connector.sandbox.visma_net.entities.entity import Entity
from ml_connector.sandbox.visma_net.errors import malformed, not_found
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.request import Request

T = TypeVar("T")


def listed(request: Request, entity: Entity) -> Answer:
    """The list of an entity with its filters, in the order of the keys."""
    desk, query = request.desk, request.query
    keep = entity.keep(desk, query)
    rows = [row for row in desk.company[entity.kind] if keep(row)]
    if query.text("orderBy") and entity.kind == "Supplier":
        rows = _ordered(rows, query.text("orderBy") or "")
    if not entity.paged:
        return json_answer([entity.show(desk, row, query) for row in rows])
    return json_answer(page(request, entity.path, rows, lambda row: entity.show(desk, row, query)))


def _ordered(rows: list[Record], words: str) -> list[Record]:
    """`number` or `name`, ascending or with `desc`."""
    name, _, way = words.partition(" ")
    if name.lower() not in ("number", "name"):
        raise malformed(f"The value '{words}' is not valid for orderBy.")
    down = way.strip().lower() == "desc"
    return sorted(rows, key=lambda row: str(row["name"]) if name.lower() == "name" else row.key, reverse=down)


def page(request: Request, path: str, rows: Sequence[T], show: Callable[[T], Values]) -> list[Values]:
    """A page with the metadata on each row."""
    most = largest_page(request.desk, path)
    first, size = request.query.page(most)
    metadata = {"totalCount": len(rows), "maxPageSize": most}
    return [{**show(row), "metadata": metadata} for row in rows[first : first + size]]


def largest_page(desk: Desk, path: str) -> int:
    """The most rows of a page, which differ by endpoint."""
    name = path.rsplit("/", 1)[-1].lower()
    for pair in str(desk.switches["max_page_sizes"]).split(","):
        entity, _, size = pair.partition("=")
        if entity.strip().lower() == name and size.strip().isdigit():
            return int(size)
    return desk.switches.number("max_page_size")


def batches(request: Request) -> Answer:
    """Pages count lines, and a batch may be split over pages (§6.4)."""
    desk, query = request.desk, request.query
    rows = journals.entries(desk, query)
    most = largest_page(desk, journals.JOURNAL.path)
    first, size = query.page(most)
    metadata = {"totalCount": sum(len(row.lines) for row in rows), "maxPageSize": most}
    found, at = [], 0
    for row in rows:
        some = row.lines[max(first - at, 0) : max(first + size - at, 0)]
        at += len(row.lines)
        if some:
            shown = journals.form(desk, row, some)
            files = shown["attachments"] if query.flag("expandAttachments") else []
            found.append({**shown, "attachments": files, "metadata": metadata})
        if at >= first + size:
            break
    return json_answer(found)


def transactions(request: Request) -> Answer:
    """Posted lines of the general ledger, for reconciliation (§6.5)."""
    desk, query = request.desk, request.query
    if query.text("ledger") is None:
        raise malformed("ledger must be specified.")
    if desk.find("Ledger", query.text("ledger")) is None:
        raise not_found(f"Ledger '{query.text('ledger')}'")
    begin, end = query.text("fromPeriod") or "", query.text("toPeriod") or "999999"
    account, branch = query.text("account"), query.text("branch")
    wanted = {"Posted"}
    wanted |= {"Unposted"} if query.flag("includeUnposted") else set()
    wanted |= {"Balanced", "Hold"} if query.flag("includeUnreleased") else set()
    rows = [
        (row, line)
        for row in desk.company["Journal"]
        if row["status"] in wanted and begin <= row["period"] <= end and query.changed(row)
        for line in row.lines
        if account in (None, line["account"]) and branch in (None, line["branch"])
    ]
    return json_answer(page(request, "/v1/GeneralLedgerTransactions", rows, lambda pair: _transaction(desk, *pair)))


def _transaction(desk: Desk, row: Record, line: Values) -> Values:
    rate = row["exchangeRate"]
    base = desk.company.in_base
    return {
        "lineNumber": line["lineNumber"],
        "module": row["module"],
        "batchNumber": row["batchNumber"],
        "tranDate": f"{row['transactionDate'].isoformat()}T00:00:00",
        "period": row["period"],
        "description": line.get("transactionDescription") or row["description"] or "",
        "refNumber": line.get("referenceNumber"),
        "branch": coding.branch_ref(desk, line["branch"]),
        "account": coding.account_ref(desk, line["account"]),
        "ledger": desk.ref("Ledger", row["ledger"], "id"),
        "subaccount": line["subaccount"],
        "debitAmount": amount(base(line["debit"], rate)),
        "creditAmount": amount(base(line["credit"], rate)),
        "currency": row["currencyId"],
        "currDebitAmount": amount(line["debit"]),
        "currCreditAmount": amount(line["credit"]),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "errorInfo": "",
    }
