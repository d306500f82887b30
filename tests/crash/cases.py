"""What is killed: scenarios that between them pass every point, and the calls whose answers are lost."""

from __future__ import annotations

import sap_cases
import visma_cases
import worlds
from scenarios import WRITING, Scenario, flow, hook, suggest, sync
from worlds import all_of, only, rules, switched

BILLS = only("2026880041", "INV-8800101", "1002", "PAY APP 1 / 88002", "2026880101", "D9100", "D9101", "D9102")
POSTED, PAID, AGREED = "posted", "paid", "agreed"
CREATE, CHANGE = r"/Bill\?%24expand", r"/Bill\?%24select"
RELEASE = "/ReleaseBill$"
"""A bill is made and changed by PUT; what is asked for in the answer tells the two apart."""
WORLDS = (
    Scenario(POSTED, sync(), all_of(BILLS, worlds.synced)),
    Scenario(PAID, sync(), all_of(worlds.paid, worlds.synced), base=POSTED),
    Scenario(AGREED, sync(), worlds.agreed, base=POSTED),
    *sap_cases.WORLDS,
    *visma_cases.WORLDS,
)
"""Nothing is killed in these: others begin from them."""
WRITES = {
    "acumatica.bills.create": ("PUT", CREATE),
    "acumatica.bills.change": ("PUT", CHANGE),
    "acumatica.bills.release": ("POST", RELEASE),
    "acumatica.bills.reverse": ("POST", "/ReverseBill$"),
    "acumatica.bills.release_retainage": ("POST", "/ReleaseRetainage$"),
    "acumatica.vendors.create": ("PUT", "/Vendor$"),
    "acumatica.vendors.change": ("PUT", "/Vendor$"),
    "acumatica.cost_codes.create": ("PUT", "/CostCode$"),
    "acumatica.cost_codes.change": ("PUT", "/CostCode$"),
    "acumatica.purchase_orders.create": ("PUT", "/PurchaseOrder$"),
    "acumatica.purchase_orders.change": ("PUT", "/PurchaseOrder$"),
    "acumatica.subcontracts.create": ("PUT", "/Subcontract$"),
    "acumatica.subcontracts.change": ("PUT", "/Subcontract$"),
    "acumatica.subcontracts.hold": ("POST", "/PutOnHold$"),
    "acumatica.subcontracts.release_from_hold": ("POST", "/ReleaseFromHold$"),
    "procore.vendors.sync": ("PATCH", "/vendors/sync$"),
    "procore.standard_cost_codes.sync": ("PATCH", "/standard_cost_codes/sync$"),
    "procore.payments.create": ("POST", "/contract_payments$"),
    "procore.payments.unlock": ("PATCH", r"/contract_payments/\d+$"),
    "procore.payments.delete": ("DELETE", r"/contract_payments/\d+$"),
    "procore.requisitions.update": ("PATCH", r"/requisitions/\d+$"),
    "procore.direct_costs.update": ("PATCH", r"/direct_costs/\d+$"),
    "procore.hooks.create": ("POST", "/webhooks/hooks$"),
    "procore.hooks.update": ("PATCH", r"/webhooks/hooks/\d+$"),
    "procore.triggers.create": ("POST", "/triggers"),
    **sap_cases.WRITES,
    **visma_cases.WRITES,
}
"""Every call that changes something, as the vendor sees it; where several look alike, the scenario tells them apart."""
NOT_MADE = visma_cases.NOT_MADE
SCENARIOS = (
    Scenario("requisitions", flow("requisitions"), all_of(switched("procore", page_most=2), worlds.later)),
    Scenario(
        "lost bills", flow("requisitions"),
        all_of(BILLS, worlds.lost("acumatica", "PUT", CREATE), worlds.lost("acumatica", "POST", RELEASE, nth=1)),
    ),
    Scenario(
        "unoptimized bills", flow("requisitions"),
        all_of(BILLS, switched("acumatica", unoptimized="Bill.Details"), worlds.lost("acumatica", "PUT", CREATE)),
    ),
    Scenario(
        "unoptimized periods", flow("requisitions"),
        all_of(BILLS, switched("acumatica", unoptimized="FinancialPeriod.Details")),
    ),
    Scenario("ping", lambda lane: ("ping",), base=POSTED, after=(flow("requisitions"),)),
    Scenario("suggest projects", suggest("projects"), base=POSTED, after=(flow("requisitions"),)),
    Scenario("suggest coding", suggest("coding"), base=POSTED, after=(flow("requisitions"),)),
    Scenario("suggest orders", suggest("orders"), base=POSTED, after=(flow("requisitions"),)),
    Scenario(
        "pause", lambda lane: ("pause", lane.installation), worlds.pinged, base=POSTED,
        after=(lambda lane: ("enable", lane.installation), flow("requisitions")),
    ),
    Scenario("hooks", hook(), base=POSTED),
    Scenario("new hook secret", hook("--renew"), worlds.registered, base=POSTED),
    Scenario("match", lambda lane: ("match", lane.installation), BILLS, after=(flow("requisitions"),)),
    Scenario(
        "vendors to Procore", flow("vendors-to-procore"), worlds.masters_edited, base=POSTED,
        after=(flow("vendors-to-acumatica"), flow("vendors-to-procore")), also=WRITING,
    ),
    Scenario(
        "lost vendors", flow("vendors-to-procore"),
        all_of(
            worlds.masters_edited,
            worlds.lost("procore", "PATCH", "/vendors/sync$", nth=1, flow="vendors-to-procore"),
        ),
        base=POSTED, after=(flow("vendors-to-acumatica"), flow("vendors-to-procore")),
    ),
    Scenario(
        "vendors to Acumatica", flow("vendors-to-acumatica"), worlds.masters_edited, base=POSTED,
        after=(flow("vendors-to-procore"), flow("vendors-to-acumatica")), also=WRITING,
    ),
    Scenario(
        "cost codes to Procore", flow("cost-codes-to-procore"), worlds.masters_edited, base=POSTED,
        after=(flow("cost-codes-to-acumatica"), flow("cost-codes-to-procore")), also=WRITING,
    ),
    Scenario(
        "cost codes to Acumatica", flow("cost-codes-to-acumatica"), worlds.masters_edited, base=POSTED,
        after=(flow("cost-codes-to-procore"), flow("cost-codes-to-acumatica")), also=WRITING,
    ),
    Scenario("payments", flow("payments"), worlds.paid, base=POSTED, also=WRITING),
    Scenario("payments with marks", flow("payments"), all_of(rules("mark_paid=yes"), worlds.paid), base=POSTED),
    Scenario(
        "voided payments", flow("payments"), worlds.voided("7001", "7002", "7003", "7005"), base=PAID, also=WRITING
    ),
    Scenario(
        "lost payments", flow("payments"),
        all_of(worlds.paid, worlds.lost("procore", "POST", "/contract_payments$", flow="payments")), base=POSTED,
    ),
    Scenario(
        "lost payment dates", flow("payments"),
        all_of(
            worlds.paid,
            worlds.lost("procore", "PATCH", r"/(requisitions|direct_costs)/\d+$", nth=1, flow="payments"),
        ),
        base=POSTED,
    ),
    Scenario("direct costs", flow("direct-costs"), worlds.costs_approved, base=POSTED, also=WRITING),
    Scenario(
        "reversals", flow("requisitions"),
        all_of(rules("corrections=reverse_and_repost"), worlds.revised, worlds.withdrawn), base=POSTED, also=WRITING,
    ),
    Scenario(
        "lost reversal", flow("requisitions"),
        all_of(
            rules("corrections=reverse_and_repost"), worlds.revised,
            worlds.lost("acumatica", "POST", "/ReverseBill$"), worlds.lost("acumatica", "PUT", CHANGE, nth=1),
        ),
        base=POSTED,
    ),
    Scenario(
        "differences", flow("requisitions"), all_of(rules("corrections=post_delta"), worlds.revised), base=POSTED,
        also=WRITING,
    ),
    Scenario("undo", flow("requisitions"), worlds.undone, base=POSTED),
    Scenario(
        "retainage", flow("requisitions"),
        all_of(rules("retainage=native"), only(), worlds.withheld), also=WRITING,
    ),
    Scenario(
        "change orders", flow("commitments"),
        all_of(switched("procore", contract_lists_have_lines=False), worlds.changes_ordered), base=AGREED,
    ),
    Scenario("needless orders", flow("orders"), worlds.orders_differ, base=AGREED, after=(sync(),)),
    Scenario(
        "orders", flow("commitments"), all_of(switched("acumatica", all_actions_run_on=True), worlds.orders_differ),
        base=AGREED, after=(sync(),), also=WRITING,
    ),
    Scenario(
        "vanished", sync("--sweep"), all_of(rules("corrections=reverse_and_repost"), worlds.vanished), base=POSTED
    ),
    Scenario("first sync", sync(), BILLS, also=WRITING),
    *sap_cases.SCENARIOS,
    *visma_cases.SCENARIOS,
)  # fmt: skip
