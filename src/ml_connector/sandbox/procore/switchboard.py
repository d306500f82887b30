"""The switches of the Procore sandbox (vendors/procore.md §15)."""

from __future__ import annotations

from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.procore.tools import TOOLS

SWITCHES = (
    Switch("strict_company_header", True, "every call needs Procore-Company-Id, else 400"),
    Switch("app_connected", True, "off: the app is disconnected from the company, 403 for all but /companies and /me"),
    Switch("tools_off", "", f"tools that answer 403, separated by spaces; there are: {' '.join(TOOLS)}"),
    Switch("subcontractor_invoice_costs", False, "direct costs of the type subcontractor_invoice are possible"),
    Switch("token_seconds", 5400, "life of a new access token"),
    Switch("hourly_limit", 3600, "calls in 60 minutes, rolling"),
    Switch("spike_limit", 25, "calls in 10 seconds, rolling"),
    Switch("page_default", 100, "default per_page of v1 lists"),
    Switch("page_default_requisitions", 30, "default per_page of v1.1 requisitions"),
    Switch("page_default_v2", 10, "default per_page of v2 lists"),
    Switch("page_most", 2000, "larger per_page is cut to this, silently"),
    Switch("page_most_projects", 300, "the same for project lists"),
    Switch("page_most_short", 100, "the same for tax codes"),
    Switch("page_most_v2", 100, "the same for v2 lists"),
    Switch("approved_contract_lock", True, "company and lines of an approved or complete contract cannot change"),
    Switch("origin_lock", True, "requisitions, direct costs, payments with origin_id cannot change"),
    Switch("vendor_in_directory", True, "a commitment's vendor must be in the project's directory"),
    Switch("invoice_admin", True, "off: only the latest open requisition of a commitment can change"),
    Switch("emit_payment_applications", False, "requisition changes send Payment Applications events"),
    Switch("webhook_clock_factor", 1, "divides the retry times of webhooks (1 s to 1 h, flush after 12 h)"),
    Switch("multicurrency", True, "off: currency_configuration is null, all is in the company's base currency"),
    Switch("contract_lists_have_lines", True, "off: lists of commitments leave the line items out, whatever the view"),
    Switch("read_most", 0, "an unfiltered read of a larger page gets 408; 0: never"),
    Switch("sync_error_every", 0, "every nth row of a sync fails; 0: none"),
    Switch("direct_cost_write_ms", 0, "a write of a direct cost takes so long; a second one meanwhile gets 409"),
)
