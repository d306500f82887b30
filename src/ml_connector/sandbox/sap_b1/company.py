"""The company: everything it keeps, its entity sets and services, its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.kit.vendor import Act
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.sap_b1 import books, journals, seed
from ml_connector.sandbox.sap_b1.declared import ledger, masters
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import kinds
from ml_connector.sandbox.sap_b1.documents.drafts import Drafts
from ml_connector.sandbox.sap_b1.documents.payments import Payments
from ml_connector.sandbox.sap_b1.documents.sets import Documents
from ml_connector.sandbox.sap_b1.entity import EntitySet, Service, User
from ml_connector.sandbox.sap_b1.journals import Journals
from ml_connector.sandbox.sap_b1.masters import accounts, centers, others, partners
from ml_connector.sandbox.sap_b1.masters.lists import List
from ml_connector.sandbox.sap_b1.people import acts
from ml_connector.sandbox.sap_b1.seed_documents import Documents as SeededDocuments
from ml_connector.sandbox.sap_b1.services import Services
from ml_connector.sandbox.sap_b1.store import Store
from ml_connector.sandbox.sap_b1.user_fields import UserFields

DATABASES: Final = ("SBOLAKEERIE", "SBOLAKEERIE_TEST")
_LISTS: Final = (
    ("BusinessPartners", masters.PARTNER, "OCRD", partners.RULES),
    ("ChartOfAccounts", ledger.ACCOUNT, "OACT", accounts.RULES),
    ("ProfitCenters", ledger.PROFIT_CENTER, "OPRC", centers.CENTERS),
    ("DistributionRules", ledger.RULE, "OOCR", centers.RULE_SET),
    ("Dimensions", ledger.DIMENSION, "ODIM", centers.DIMENSIONS),
    ("CostCenterTypes", ledger.CENTER_TYPE, "OCCT", others.CENTER_TYPES),
    ("Projects", ledger.PROJECT, "OPRJ", others.PROJECTS),
    ("Items", masters.ITEM, "OITM", others.ITEMS),
    ("Currencies", masters.CURRENCY, "OCRN", others.CURRENCIES),
    ("VatGroups", masters.VAT_GROUP, "OVTG", others.VAT_GROUPS),
    ("SalesTaxCodes", masters.TAX_CODE, "OSTC", others.TAX_CODES),
    ("BusinessPlaces", masters.BUSINESS_PLACE, "OBPL", others.PLACES),
    ("Attachments2", masters.ATTACHMENT, "OATC", others.ATTACHMENTS),
)


class SapCompany:
    """One company database. Everything a write may change is in its store, so a snapshot is a snapshot of that."""

    databases: tuple[str, ...] = DATABASES

    def __init__(self, clock: SandboxClock, month: Month, switches: Switches) -> None:
        self._desk = Desk(Store(), switches, clock)
        self.user_fields = UserFields(switches)
        self.users: Mapping[str, User] = {
            "manager": User("manager", "b1-manager-secret"),
            "clerk": User(
                "clerk", "b1-clerk-secret", permissions={"ChartOfAccounts": "read", "JournalEntries": "none"}
            ),
        }
        self._sets: dict[str, EntitySet] = {kind.name: Documents(self._desk, kind) for kind in kinds.ALL}
        self._sets |= {"Drafts": Drafts(self._desk), "VendorPayments": Payments(self._desk)}
        self._sets["JournalEntries"] = Journals(self._desk)
        self._sets |= {name: List(self._desk, name, type_, table, rules) for name, type_, table, rules in _LISTS}
        self.services: Mapping[str, Service] = Services(self._desk).table()
        self._load(month)

    def _load(self, month: Month) -> None:
        desk = self._desk
        seed.settings(desk, month)
        seed.lists(desk, month, self._sets)
        SeededDocuments(desk, month, self._sets).write()
        desk.opening = None

    @property
    def entity_sets(self) -> Mapping[str, EntitySet]:
        """By name, after what time and switches have brought about meanwhile."""
        self.follow()
        return self._sets

    def follow(self) -> None:
        """Automatic reversals that are due, and the form of account codes."""
        accounts.follow_segmentation(self._desk)
        journals.run_due_reversals(self._desk)

    def snapshot(self) -> Any:
        """Everything that a write may change."""
        return self._desk.store.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Be as at the snapshot."""
        self._desk.store.restore(snapshot)

    def books(self) -> list[Book]:
        """The documents."""
        self.follow()
        return books.books(self._desk)

    def acts(self) -> dict[str, Act]:
        """What people do."""
        self.follow()
        return acts.acts(self._desk, self._sets, self.user_fields)
