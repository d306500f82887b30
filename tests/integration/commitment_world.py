"""A month whose commitments and orders agree, and people who make them differ again on either side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from rehearsal import Rehearsal

from ml_connector.hub import differences, installations, replay, syncing
from ml_connector.hub.differences import Found, Report
from ml_connector.hub.models import Installation, Record
from ml_connector.hub.syncing import Ended, Wish

CENT = Decimal("0.01")
WORDS = {
    "Subcontract": ("SubcontractNbr", "Task", "Canceled"),
    "PurchaseOrder": ("OrderNbr", "ProjectTask", "Cancelled"),
}
CONTRACTS = {"WorkOrderContract": "work_order_contracts", "PurchaseOrderContract": "purchase_order_contracts"}


class Told(NamedTuple):
    """What the report is to say of a planted difference."""

    kind: str
    commitment: str
    order: str
    agreed: Decimal | None = None
    ordered: Decimal | None = None


class Line(NamedTuple):
    """A line of either side, as far as the test compares them."""

    number: int
    amount: Decimal
    text: str
    code: str
    ended: str


class Order:
    """An order in Acumatica's state."""

    def __init__(self, entity: str, row: dict[str, Any]) -> None:
        number, _, cancelled = WORDS[entity]
        self.entity = entity
        self.type = row["Type"]["value"] if entity == "PurchaseOrder" else "Subcontract"
        self.number = str(row[number]["value"])
        self.status = str(row["Status"]["value"])
        self.vendor = str(row["VendorID"]["value"])
        self.vendor_ref = str(row["VendorRef"].get("value", ""))
        self.lines = [
            Line(
                number=line["LineNbr"]["value"],
                amount=Decimal(str(line["ExtendedCost"]["value"])).quantize(CENT),
                text=line["LineDescription"].get("value", ""),
                code=line["CostCode"].get("value", ""),
                ended="cancelled" if line[cancelled]["value"] else "completed" if line["Completed"]["value"] else "",
            )
            for line in row["Details"]
        ]

    @property
    def name(self) -> str:
        """As the report calls it."""
        return f"{self.type} {self.number}"

    @property
    def amount(self) -> Decimal:
        """Without cancelled lines."""
        return sum((line.amount for line in self.lines if line.ended != "cancelled"), Decimal(0))


class Pair(NamedTuple):
    """A contract as Procore's state shows it, and its order."""

    contract: dict[str, Any]
    order: Order

    @property
    def number(self) -> str:
        """The commitment's number."""
        return str(self.contract["number"])


class Site:
    """Both sandboxes and the installation between them, with the two flows of commitments on."""

    def __init__(self, world: Rehearsal) -> None:
        self.world = world
        self.row: Installation

    def install(self) -> None:
        """Connect, match, switch on, read, and bring to zero what the month itself has of differences."""
        self.row = installations.find(self.world.prepared.once("site", self._install))

    def _install(self) -> str:
        self.row = self.world.install(("commitments", "orders"))
        self.sync()
        differences.approve(self.row, None, "test")
        self.sync()
        self.sync()
        for one in self.report().found:
            replay.set_aside(Record.objects.get(ref=one.record), "its vendor is not in the ledger")
        return str(self.row.pk)

    def sync(self, *, sweep: bool = False) -> Ended:
        """Run both flows."""
        ended = syncing.run(self.row, Wish(sweep=sweep))
        assert ended.troubles == ()
        return ended

    def report(self) -> Report:
        """The report as it is now."""
        return differences.report(self.row)

    def told(self) -> list[Told]:
        """The report's differences in short; nothing is left uncompared."""
        report = self.report()
        assert report.uncompared == ()
        return sorted(map(short, report.found), key=str)

    def here(self, action: str, **fields: Any) -> Any:
        """Somebody does something in Procore."""
        return self.world.procore.post("/act", {"action": action, **fields})

    def there(self, action: str, **fields: Any) -> Any:
        """Somebody does something in Acumatica."""
        return self.world.acumatica.post("/act", {"action": action, **fields})

    def edit_order(self, order: Order, **fields: Any) -> Any:
        """Somebody edits an order."""
        return self.there("edit_order", number=order.number, type=order.type, **fields)

    def edit_line(self, contract: dict[str, Any], line: int, **fields: Any) -> Any:
        """Somebody changes a line of a commitment."""
        return self.here("edit_line", kind="commitment", id=contract["id"], line=line, fields=fields, unlock=True)

    def contracts(self) -> list[dict[str, Any]]:
        """All contracts in Procore."""
        return [row for name in CONTRACTS.values() for row in self.world.procore.stored(name)]

    def change_orders(self, contract: dict[str, Any]) -> list[dict[str, Any]]:
        """A contract's change orders, those that were not deleted."""
        rows = self.world.procore.stored("change_order_packages")
        return [row for row in rows if row["contract_id"] == contract["id"] and not row["deleted_at"]]

    def orders(self) -> list[Order]:
        """All orders in Acumatica."""
        return [Order(entity, row) for entity in WORDS for row in self.world.acumatica.stored(entity)]

    def order(self, number: str) -> Order:
        """An order by number."""
        return next(order for order in self.orders() if order.number == number)

    def order_of(self, commitment: str) -> Order:
        """The only order with a commitment's number that counts."""
        (found,) = [one for one in self.orders() if one.vendor_ref == commitment and one.status != "Canceled"]
        return found

    def pairs(self, kind: str, *, any_shape: bool = False) -> Iterator[Pair]:
        """Approved contracts with an open order that is not billed; of two lines or more, without change orders."""
        billed = {
            line["POOrderNbr"].get("value") for bill in self.world.acumatica.stored("Bill") for line in bill["Details"]
        }
        contracts = {row["number"]: row for row in self.contracts() if row["status"] == "Approved"}
        changed = {row["contract_id"] for row in self.world.procore.stored("change_order_packages")}
        for order in self.orders():
            contract = contracts.get(order.vendor_ref)
            if contract is None or order.status != "Open" or order.number in billed or order.type != kind:
                continue
            plain = contract["id"] not in changed and len(order.lines) > 1
            if any_shape or (plain and all(line.code for line in order.lines)):
                yield Pair(contract, order)


def short(one: Found) -> Told:
    """A difference of the report in short."""
    it = one.difference
    return Told(it.kind, it.source, it.target, it.source_amount, it.target_amount)


def lines_in_books(order: Order) -> list[tuple[str, Decimal]]:
    """What an order commits, by cost code."""
    sums: dict[str, Decimal] = {}
    for line in order.lines:
        if line.ended != "cancelled":
            sums[line.code] = sums.get(line.code, Decimal(0)) + line.amount
    return sorted((code, amount) for code, amount in sums.items() if amount)


def lines_agreed(contract: dict[str, Any], changes: Sequence[dict[str, Any]]) -> list[tuple[str, Decimal]]:
    """What a contract commits with its approved change orders, by cost code."""
    sums: dict[str, Decimal] = {}
    rows = [*contract["line_items"]]
    rows += [line for change in changes if change["status"] == "approved" for line in change["line_items"]]
    for line in rows:
        code = line["wbs_code"]["flat_code"].rpartition(".")[0]
        sums[code] = sums.get(code, Decimal(0)) + Decimal(line.get("amount") or line["extended_amount"])
    return sorted((code, amount) for code, amount in sums.items() if amount)
