"""The switches of the rehearsal company: where the vendor's behaviour differs by company or is not certain."""

from __future__ import annotations

from ml_connector.sandbox.kit.switches import Switch

_SERIES = ("auto", "auto_no_override", "manual")
_SERIES_MEANING = "number series of {}: automatic with numbers of one's own on request, automatic only, or manual"

SWITCHES = (
    # access
    Switch("require_company_header", True, "calls need ipp-company-id; otherwise the token's tenant names the company"),
    Switch("rate_limit", 15000, "calls in an hour for each company and client (only with real rate limits)"),
    # lists
    Switch("max_page_size", 1000, "rows of a page at most; larger requests are cut down"),
    Switch("max_page_sizes", "", "other maxima by entity, such as supplier=100,journaltransaction=500"),
    Switch("stamp_offset_minutes", 0, "change times are shown, and compared, so many minutes ahead of UTC"),
    Switch("stamps_with_zone", False, "change times are shown with Z"),
    # writes
    Switch("business_error_status", "400", "status of a refusal by a rule of the books", ("400", "500")),
    Switch("error_key", "message", "how the text of an error is called", ("message", "Message")),
    Switch(
        "location_form",
        "same",
        "Location: as called, in the old path form, or on another host",
        ("same", "old_path", "other_host"),
    ),
    Switch("series_supplier", "auto", _SERIES_MEANING.format("suppliers"), _SERIES),
    Switch("series_invoice", "auto", _SERIES_MEANING.format("supplier invoices"), _SERIES),
    Switch("series_order", "auto", _SERIES_MEANING.format("purchase orders"), _SERIES),
    Switch("series_receipt", "auto", _SERIES_MEANING.format("purchase receipts"), ("auto",)),
    Switch("series_payment", "auto", _SERIES_MEANING.format("supplier payments"), _SERIES),
    Switch("series_journal", "auto", _SERIES_MEANING.format("journal transactions"), _SERIES),
    Switch("default_supplier_class", "1", "class of a supplier without supplierClassId; empty: it is required"),
    Switch("subaccounts_on_the_fly", True, "a new combination of known segment values becomes a subaccount when used"),
    Switch("on_hold_supplier", "refuse", "orders and invoices of a supplier with status OnHold", ("refuse", "take")),
    Switch("order_approval", False, "orders off hold are Balanced until a person approves them; otherwise Open"),
    Switch("invoice_approval", False, "every invoice off hold waits for approval; otherwise those of marked suppliers"),
    # release and background
    Switch(
        "release_answer", "Done", "what a release answers; Queued ones are done later", ("Done", "Queued", "InProcess")
    ),
    Switch("release_ms", 500, "when a queued release is done"),
    Switch(
        "release_failure",
        "status",
        "a release that a rule forbids: error status, or 200 with actionResult Failed",
        ("status", "result"),
    ),
    Switch("auto_post", True, "released journals are Posted; otherwise Unposted"),
    Switch("reversal_touches_original", False, "a reversing journal bumps the change time of the one that it reverses"),
    Switch("background_ms", 200, "when a call with erp-api-background is done even if nobody asks"),
    Switch("background_polls", 1, "polls that answer Started before the call is done"),
    # webhooks
    Switch("webhooks_enabled", False, "the company has webhook notifications switched on; while off nothing is sent"),
    Switch(
        "subscription_endpoint",
        "on",
        "POST /v1/subscription works, or answers as today's host does",
        ("on", "404", "410"),
    ),
    Switch("duplicate_subscription_status", 409, "status of a second subscription to an event"),
    Switch("webhook_secret", "", "if set, deliveries are signed with it (x-vwd-signature-v1)"),
)
