"""The switches of the company: where settings differ from customer to customer, or the sheet is not certain."""

from __future__ import annotations

from ml_connector.sandbox.kit.switches import Switch

COMPANY = (
    # the company's settings
    Switch("account_segmentation", False, "accounts have keys like _SYS00000000001; FormatCode is the visible number"),
    Switch(
        "localisation",
        "tax codes",
        "whether lines carry TaxCode (as in the US) or VatGroup",
        ("tax codes", "VAT groups"),
    ),
    Switch("future_posting_dates", True, "posting dates may lie after the server's today"),
    Switch("branches", False, "documents and journal lines must name a branch"),
    Switch(
        "duplicate_num_at_card", "allow", "a second document of a vendor with the same NumAtCard", ("allow", "block")
    ),
    Switch("approval_over", None, "documents of more than this need approval: they become drafts; null: none do"),
    Switch("approval_documents", "PurchaseInvoices", "entity sets (comma-separated) that approval templates cover"),
    Switch("no_numbering_series", False, "the period has no numbering series: new records are refused with -4002"),
    Switch("negative_totals", "refuse", "a document whose total is below zero", ("allow", "refuse")),
    # the customer's own procedures
    Switch("notification_code", 0, "writes are refused with this code by the transaction notification; 0: none"),
    Switch("notification_text", "Rejected by company rule", "what the transaction notification says"),
    Switch("notification_objects", "", "object types (18,22,30; comma-separated) that it looks at; empty: all"),
    Switch("notification_match", "", "it refuses only records with a head property that contains this; empty: all"),
    Switch("deadlocks", 0, "so many next writes fail with -2038, locked by another user"),
    Switch("deadlock_status", "400", "status of such a failure", ("400", "500")),
    # where the sheet is not certain
    Switch(
        "cancellation_date",
        "original",
        "posting date of a cancellation or reversal: the original's or today's",
        ("original", "today"),
    ),
    Switch("reversal_keeps_user_fields", True, "cancellation documents and reversals carry the original's user fields"),
    Switch(
        "line_total_currency",
        "local",
        "currency of a LineTotal that is sent alone in a document in foreign currency",
        ("local", "document"),
    ),
)
