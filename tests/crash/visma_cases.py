"""What is killed between Visma.net and Procore."""

from __future__ import annotations

import visma_worlds
import worlds
from pairs import VISMA
from scenarios import WRITING, Scenario, flow, suggest, sync
from worlds import all_of, rules, switched

POSTED = "visma posted"
JOURNALS, CONTRACTS = "/v2/journaltransaction$", r"/(work_order|purchase_order)_contracts/sync$"
WORLDS = (Scenario(POSTED, sync(), visma_worlds.POSTED, base=VISMA.prepared),)
WRITES = {
    "visma_net.journals.create": ("POST", JOURNALS),
    "visma_net.journals.release": ("POST", "/action/release$"),
    "visma_net.journals.reverse": ("POST", JOURNALS),
    "visma_net.journals.release_reversal": ("POST", "/action/release$"),
    "visma_net.dimensions.change": ("PUT", r"/v1/dimension/"),
    "visma_net.subscriptions.create": ("POST", "/v1/subscription$"),
    "visma_net.subscriptions.change": ("PUT", r"/v1/subscription/\d+$"),
    "procore.commitments.sync": ("PATCH", CONTRACTS),
    "procore.commitment_lines.sync": ("PATCH", r"_contracts/\d+/line_items/sync$"),
    "procore.project_vendors.add": ("POST", r"/vendors/\d+/actions/add$"),
}
NOT_MADE = frozenset(
    {
        # no integration writes suppliers, or codes VAT, so far
        "visma_net.suppliers.create", "visma_net.suppliers.change", "visma_net.vat_codes.list",
        # orders and suppliers cannot be deleted, and nothing else makes one be read by its key; lists of projects have
        # tasks, and no table asks for branches
        "visma_net.purchase_orders.read", "visma_net.suppliers.read", "visma_net.tasks.list", "visma_net.branches.list",
        # the vendor answers so only to whom asks for it
        "visma_net.background.state", "visma_net.background.content",
    }
)  # fmt: skip
"""Calls that no command makes against these sandboxes."""
SCENARIOS = (
    Scenario(
        "visma requisitions", flow("requisitions"), all_of(visma_worlds.PAPERS, worlds.later), base=VISMA.prepared,
        also=WRITING,
    ),
    Scenario("visma direct costs", flow("direct-costs"), visma_worlds.PAPERS, base=VISMA.prepared),
    Scenario(
        "visma queued", flow("requisitions"),
        all_of(visma_worlds.PAPERS, switched("visma_net", release_answer="Queued")), base=VISMA.prepared,
    ),
    Scenario("visma orders", flow("orders"), visma_worlds.ordered, base=VISMA.prepared, also=WRITING),
    Scenario("visma changed orders", flow("orders"), visma_worlds.changed, base=POSTED, also=WRITING),
    Scenario(
        "visma suppliers", flow("suppliers"), visma_worlds.masters_edited, base=POSTED, after=(sync(),), also=WRITING
    ),
    Scenario("visma cost codes to Procore", flow("cost-codes-to-procore"), visma_worlds.masters_edited, base=POSTED,
        after=(sync(),)),
    Scenario("visma cost codes to Visma", flow("cost-codes-to-visma"), visma_worlds.masters_edited, base=POSTED,
        after=(sync(),), also=WRITING),
    Scenario(
        "visma reversals", flow("requisitions"),
        all_of(rules("corrections=reverse_and_repost"), worlds.revised, worlds.withdrawn), base=POSTED, also=WRITING,
    ),
    Scenario("visma watched", flow("journals"), visma_worlds.undone_there, base=POSTED),
    Scenario("visma ping", lambda lane: ("ping",), base=POSTED, after=(sync(),)),
    Scenario("visma projects", suggest("projects"), base=POSTED, after=(sync(),)),
    Scenario("visma coding", suggest("coding"), base=POSTED, after=(sync(),)),
    Scenario(
        "visma match", lambda lane: ("match", lane.installation), visma_worlds.PAPERS, base=VISMA.prepared,
        after=(sync(),),
    ),
    Scenario(
        "visma hooks", lambda lane: ("connection", "hook", lane.connections["visma_net"], "--register"), base=POSTED
    ),
    Scenario(
        "visma new hook address",
        lambda lane: (
            "connection", "hook", lane.connections["visma_net"], "--register", "--base-url", "http://127.0.0.1:9"
        ),
        visma_worlds.registered, base=POSTED,
    ),
    Scenario("visma vanished", sync("--sweep"), visma_worlds.invoice_deleted, base=POSTED),
    Scenario(
        "visma lost orders", flow("orders"),
        all_of(visma_worlds.ordered, worlds.lost("procore", "PATCH", CONTRACTS, nth=1, flow="orders")),
        base=VISMA.prepared,
    ),
    Scenario(
        "visma lost journals", flow("requisitions"),
        all_of(visma_worlds.PAPERS, worlds.lost("visma_net", "POST", JOURNALS)), base=VISMA.prepared,
    ),
    Scenario("visma first sync", sync(), all_of(visma_worlds.PAPERS, visma_worlds.ordered), base=VISMA.prepared,
        also=WRITING),
)  # fmt: skip
