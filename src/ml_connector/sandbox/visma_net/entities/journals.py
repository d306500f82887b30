"""Journal transactions of the general ledger (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.visma_net import coding, numbering, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, day, quantity
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep
from ml_connector.sandbox.visma_net.errors import malformed, not_found, rule, stop_at
from ml_connector.sandbox.visma_net.lines import merge, renamed
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import DAY, FLAG, NUMBER, SEGMENTS, WHOLE, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

MODULES: Final = ("GL", "AP", "AR", "CM", "CA", "IN", "DR", "FA", "PM")
_STATUSES: Final = {"Unreleased": ("Hold", "Balanced")}
_LINE = {
    **texts("accountNumber project projectTask referenceNumber transactionDescription vatCodeId vatId branch uom note"),
    "lineNumber": WHOLE,
    "subaccount": SEGMENTS,
    "debitAmountInCurrency": NUMBER,
    "creditAmountInCurrency": NUMBER,
    "quantity": NUMBER,
}
_NAMES = {
    "accountNumber": "account",
    "subaccount": "segments",
    "projectTask": "task",
    "debitAmountInCurrency": "debit",
    "creditAmountInCurrency": "credit",
}
FIELDS = {
    **texts("batchNumber postPeriod financialPeriod ledger currencyId description transactionCode branch"),
    "hold": FLAG,
    "transactionDate": DAY,
    "exchangeRate": NUMBER,
    "autoReversing": FLAG,
    "controlTotalInCurrency": NUMBER,
    "createVatTransaction": FLAG,
    "skipVatAmountValidation": FLAG,
    "overrideNumberSeries": FLAG,
    "journalTransactionLines": lines(_LINE),
}


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    set_up = desk.company.set_up
    values = {"module": "GL", "hold": False, "ledger": set_up.ledger, "branch": set_up.branch}
    draft = Record(kind="Journal", key="", values=values)
    apply(desk, draft, {"transactionDate": desk.company.today(), "currencyId": set_up.currency, **sent})
    override = sent.get("overrideNumberSeries")
    number = numbering.number(desk, "journal", "Journal", sent.get("batchNumber"), override, prefix="GL ")
    return add(desk, draft, number)


def add(desk: Desk, draft: Record, number: str) -> Record:
    """Store a checked draft."""
    for line in draft.lines:
        coding.settle(desk, line)
    draft["batchNumber"] = number
    return desk.company.add("Journal", f"{draft['module']} {number}", draft.values, draft.lines)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Fill and check a batch that is not released. Raises Refused."""
    doing = "updating the journal transaction" if draft.key else "inserting the journal transaction"
    if draft.key and (draft["status"] not in ("Hold", "Balanced") or draft["module"] != "GL"):
        raise rule(f"Error {doing}. Error: The batch {draft['batchNumber']} cannot be changed: {draft['status']}.")
    problems: list[str] = []
    sent_lines = renamed(sent.get("journalTransactionLines", []), _NAMES)
    skip = (
        "journalTransactionLines",
        "batchNumber",
        "overrideNumberSeries",
        "postPeriod",
        "financialPeriod",
        "exchangeRate",
    )
    draft.values |= {name: value for name, value in sent.items() if name not in skip}
    for line, _ in merge(draft, sent_lines, problems):
        _check_line(desk, draft, line, problems)
    _header(desk, draft, sent, problems)
    _totals(desk, draft, problems)
    stop_at(problems, doing)
    draft["status"] = "Hold" if draft["hold"] else "Balanced"


def _check_line(desk: Desk, draft: Record, line: Values, problems: list[str]) -> None:
    coding.check(desk, line, problems, manual=True)
    currency = str(draft["currencyId"] or "")
    debit = desk.company.money(line.get("debit") or ZERO, currency)
    credit = desk.company.money(line.get("credit") or ZERO, currency)
    line["debit"], line["credit"] = debit, credit
    if debit and credit:
        problems.append("A line has either a debit or a credit amount.")
    for name in ("vatCodeId", "vatId"):
        if line.get(name) and desk.find("Vat", line[name]) is None:
            problems.append(f"TaxID '{line[name]}' cannot be found in the system.")


def _header(desk: Desk, draft: Record, sent: Values, problems: list[str]) -> None:
    ledger, branch, currency = draft["ledger"], draft["branch"], draft["currencyId"]
    for kind, noun, key in (
        ("Ledger", "Ledger", ledger),
        ("Branch", "Branch", branch),
        ("Currency", "Currency", currency),
    ):
        if desk.find(kind, key) is None:
            problems.append(f"{noun} '{key or ''}' cannot be found in the system.")
    if draft["transactionDate"] is None:
        problems.append("'Transaction Date' cannot be empty.")
    draft["exchangeRate"] = desk.company.rate_of(sent, currency, draft["exchangeRate"], problems)
    if {"financialPeriod", "postPeriod", "transactionDate"} & sent.keys() or not draft["period"]:
        draft["period"] = periods.wanted(desk, sent, draft["transactionDate"], problems)
    periods.check(desk, draft["period"], "GeneralLedger", problems)


def _totals(desk: Desk, draft: Record, problems: list[str]) -> None:
    debit, credit = sums(draft)
    if not draft["hold"]:
        if debit != credit:
            problems.append("The batch is out of balance: the debit and credit totals differ.")
        control = draft["controlTotalInCurrency"]
        if control and control != debit:
            problems.append("The control total does not equal the debit total.")
        if not draft.lines:
            problems.append("The batch has no lines.")


def sums(row: Record) -> tuple[Decimal, Decimal]:
    """Debit and credit in the batch's currency."""
    return sum((one["debit"] for one in row.lines), ZERO), sum((one["credit"] for one in row.lines), ZERO)


def release(desk: Desk, row: Record) -> None:
    """Post a balanced batch. Raises Refused."""
    if row["status"] != "Balanced":
        raise rule(f"The batch {row['batchNumber']} cannot be released: its status is {row['status']}.")
    problems: list[str] = []
    periods.check(desk, row["period"], "GeneralLedger", problems)
    stop_at(problems, "releasing the journal transaction")
    row["status"] = "Posted" if desk.switches.on("auto_post") else "Unposted"
    desk.company.touch(row)


def reversed_copy(desk: Desk, row: Record) -> Record:
    """A batch with debit and credit exchanged, not stored yet; dated today, in the period of the day."""
    company = desk.company
    draft = row.draft()
    draft.key = ""
    draft.values |= {
        "status": "Balanced",
        "originalBatchNumber": row["batchNumber"],
        "transactionDate": company.today(),
    }
    draft.values |= {"period": periods.of_day(desk, company.today()), "hold": False, "reversingEntry": True}
    for line in draft.lines:
        line["debit"], line["credit"] = line["credit"], line["debit"]
    return draft


# read forms


def entries(desk: Desk, query: Query) -> list[Record]:
    """The batches of the list. Raises Refused: a period or a change time is needed (§6.4)."""
    period, since = query.text("periodId"), query.moment("lastModifiedDateTime")
    if period is None and since is None:
        raise malformed("Either periodId or lastModifiedDateTime must be specified.")
    module, status = (query.text("module") or "").upper(), query.text("status") or ""
    if module and module not in MODULES:
        raise malformed(f"The value '{module}' is not valid for module.")
    wanted = {one.lower() for one in _STATUSES.get(status.capitalize(), (status,))} if status else set()
    branch = (query.text("branch") or "").upper()
    fits = _no_condition(query)
    return [
        row
        for row in desk.company["Journal"]
        if (period is None or row["period"] == period)
        and (not module or row["module"] == module)
        and (not wanted or str(row["status"]).lower() in wanted)
        and (not branch or str(row["branch"]).upper() == branch)
        and fits(row)
    ]


def _no_condition(query: Query) -> Keep:
    """There is no ...Condition here: later than the time given."""
    since = query.moment("lastModifiedDateTime")
    return lambda row: since is None or row.modified + query.offset > since


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """The whole batch."""
    return form(desk, row, row.lines)


def form(desk: Desk, row: Record, some: Iterable[Values]) -> Values:
    """The batch with some of its lines, as a page that splits it has it."""
    v, rate = row.values, row["exchangeRate"] or Decimal(1)
    debit, credit = sums(row)
    ledger = desk.find("Ledger", v.get("ledger"))
    base = [sum((desk.company.in_base(one[side], rate) for one in row.lines), ZERO) for side in ("debit", "credit")]
    control = v.get("controlTotalInCurrency") or debit
    return {
        "module": f"Module{v['module']}",
        "batchNumber": v["batchNumber"],
        "status": v["status"],
        "hold": bool(v.get("hold")),
        "transactionDate": day(v["transactionDate"]),
        "postPeriod": periods.post_form(v["period"]),
        "financialPeriod": v["period"],
        "ledger": v.get("ledger"),
        "ledgerDescription": ledger["description"] if ledger else None,
        "currencyId": v.get("currencyId"),
        "exchangeRate": quantity(rate),
        "autoReversing": bool(v.get("autoReversing")),
        "reversingEntry": bool(v.get("reversingEntry")),
        "description": v.get("description") or "",
        "originalBatchNumber": v.get("originalBatchNumber"),
        "debitTotal": amount(base[0]),
        "debitTotalInCurrency": amount(debit),
        "creditTotal": amount(base[1]),
        "creditTotalInCurrency": amount(credit),
        "controlTotal": amount(desk.company.in_base(control, rate)),
        "controlTotalInCurrency": amount(control),
        "createVatTransaction": bool(v.get("createVatTransaction")),
        "skipVatAmountValidation": bool(v.get("skipVatAmountValidation")),
        "transactionCode": v.get("transactionCode"),
        "branch": v.get("branch"),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "timeStamp": row.stamp,
        "journalTransactionLines": [_line(desk, row, one, rate) for one in some],
        "attachments": v.get("attachments") or [],
        "errorInfo": "",
    }


def _line(desk: Desk, row: Record, line: Values, rate: Decimal) -> Values:
    account = desk.find("Account", line["account"])
    return {
        "lineNumber": line["lineNumber"],
        "accountNumber": line["account"],
        "description": account["description"] if account else None,
        "subaccount": coding.subaccount_form(desk, line["subaccount"]),
        "referenceNumber": line.get("referenceNumber"),
        "debitAmount": amount(desk.company.in_base(line["debit"], rate)),
        "debitAmountInCurrency": amount(line["debit"]),
        "creditAmount": amount(desk.company.in_base(line["credit"], rate)),
        "creditAmountInCurrency": amount(line["credit"]),
        "transactionDescription": line.get("transactionDescription") or "",
        "vatCode": desk.ref("Vat", line.get("vatCodeId"), "id"),
        "vat": desk.ref("Vat", line.get("vatId"), "id"),
        "branch": line.get("branch"),
        "customerSupplier": line.get("customerSupplier"),
        "transactionType": line.get("transactionType"),
        "module": f"Module{row['module']}",
        "uom": line.get("uom"),
        "project": coding.project_ref(desk, line),
        "projectTask": coding.task_ref(desk, line),
        "attachments": [],
        "quantity": quantity(line.get("quantity")),
        "inventoryNumber": line.get("inventory"),
        "note": line.get("note"),
    }


class _Journals(Entity, frozen=True, kw_only=True):
    """Keyed by number alone; the batches of other modules are in lists only."""

    def get(self, desk: Desk, key: str) -> Record:
        record = desk.find(self.kind, f"GL {key}")
        if record is None:
            raise not_found(f"Journal transaction '{key}'")
        return record


def _settled(desk: Desk, row: Record) -> None:
    for line in row.lines:
        coding.settle(desk, line)


JOURNAL = _Journals(
    path="/v2/journaltransaction",
    kind="Journal",
    noun="journal transaction",
    show=show,
    fields=FIELDS,
    create=create,
    apply=apply,
    settled=_settled,
)
