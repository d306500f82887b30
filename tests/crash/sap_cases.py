"""What is killed between Procore and SAP Business One."""

from __future__ import annotations

import sap_worlds
from pairs import SAP
from scenarios import WRITING, Scenario, flow, sync
from worlds import all_of, rules

COMMITTED, POSTED, ORDERED = "sap committed", "sap posted", "sap ordered"
BATCH = r"/\$batch$"
WORLDS = (
    Scenario(COMMITTED, sync(), sap_worlds.COMMITTED, base=SAP.prepared),
    Scenario(POSTED, sync(), sap_worlds.POSTED, base=SAP.prepared),
    Scenario(ORDERED, sync(), sap_worlds.ORDERED, base=SAP.prepared),
)
WRITES = {
    "sap_b1.documents.create": ("POST", BATCH),
    "sap_b1.purchase_invoices.create": ("POST", "/PurchaseInvoices$"),
    "sap_b1.credit_notes.create": ("POST", "/PurchaseCreditNotes$"),
    "sap_b1.purchase_orders.create": ("POST", "/PurchaseOrders$"),
    "sap_b1.journals.create": ("POST", "/JournalEntries$"),
    "sap_b1.journals.reverse": ("POST", "/JournalEntries$"),
    "sap_b1.purchase_invoices.cancel": ("POST", r"/PurchaseInvoices\(\d+\)/Cancel$"),
    "sap_b1.credit_notes.cancel": ("POST", r"/PurchaseCreditNotes\(\d+\)/Cancel$"),
    "sap_b1.purchase_orders.cancel": ("POST", r"/PurchaseOrders\(\d+\)/Cancel$"),
    "sap_b1.user_fields.create": ("POST", "/UserFieldsMD$"),
}
SCENARIOS = (
    Scenario("sap budgets", flow("budgets"), base=SAP.prepared),
    Scenario("sap commitments", flow("commitments"), sap_worlds.BILLED, base=SAP.prepared, also=WRITING),
    Scenario("sap change orders", flow("change-orders"), base=COMMITTED, also=WRITING),
    Scenario("sap requisitions", flow("requisitions"), base=COMMITTED, also=WRITING),
    Scenario("sap first sync", sync(), sap_worlds.BILLED, base=SAP.prepared, also=WRITING),
    Scenario(
        "sap journals", sync(), all_of(rules("treatment=journal_clearing"), sap_worlds.BILLED), base=SAP.prepared,
        also=(*WRITING, "call.sap_b1.documents.create.after"),
    ),
    Scenario(
        "sap orders", flow("commitments"), all_of(rules("treatment=purchase_order"), sap_worlds.BILLED),
        base=SAP.prepared,
    ),
    Scenario("sap credit", flow("change-orders"), sap_worlds.lowered, base=POSTED),
    Scenario(
        "sap reversals", sync(), all_of(rules("corrections=reverse_and_repost"), sap_worlds.withdrawn), base=POSTED,
        also=WRITING,
    ),
    Scenario(
        "sap order withdrawn", flow("change-orders"),
        all_of(rules("corrections=reverse_and_repost"), sap_worlds.voided), base=ORDERED,
    ),
    Scenario("sap approval", flow("commitments"), sap_worlds.APPROVED_THERE, base=SAP.prepared),
    Scenario("sap ping", lambda lane: ("ping",), base=POSTED, after=(sync(),)),
    Scenario(
        "sap match", lambda lane: ("match", lane.installation), sap_worlds.PAPERS, base=SAP.prepared, after=(sync(),)
    ),
    Scenario(
        "sap user fields", lambda lane: ("connection", "prepare", lane.connections["sap_b1"]), sap_worlds.field_lost,
        base=POSTED, after=(sync(),),
    ),
)  # fmt: skip
