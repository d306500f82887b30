"""The switches of the rehearsal instance: where the vendor's behaviour differs by tenant or is not certain."""

from __future__ import annotations

from ml_connector.sandbox.kit.switches import Switch

SWITCHES = (
    # sign-in
    Switch("single_tenant", False, "the instance has one tenant: any tenant name is accepted by the cookie login"),
    Switch("refresh_sliding", False, "each refresh prolongs the refresh chain; otherwise it ends 30 days after login"),
    Switch("session_idle_seconds", 600, "idle cookie sessions close after this many seconds"),
    Switch("bad_login_status", "401", "status of a cookie login with wrong credentials", ("400", "401", "500")),
    Switch("login_limit_status", "429", "status of a sign-in over the API user limit", ("429", "500")),
    Switch("empty_401_body", False, "401 answers carry no body"),
    Switch("sessions_per_user", 0, "open sessions that one user may have, within the licence; 0: no such cap"),
    # limits
    Switch("api_users", 3, "open sessions that the licence allows"),
    Switch("concurrent_requests", 6, "requests that run at once; the others queue"),
    Switch("requests_per_minute", 100, "from half of it on each request is delayed"),
    Switch("request_ms", 50, "how long a request occupies one of the concurrent places (only with real rate limits)"),
    Switch("queue_length", 20, "waiting requests; one more is declined with 429"),
    Switch("queue_seconds", 600, "the longest wait in the queue before 429"),
    Switch("hard_limit", False, "429 at once when requests_per_minute is reached, instead of delays"),
    # endpoint
    Switch("versions", "22.200.001,23.200.001,24.200.001,25.200.001", "served versions of the endpoint Default"),
    Switch("strict_version", "", "if set, only this version is served"),
    Switch("forbidden", "", "entities (comma-separated) that answer 403: no rights, or a feature is off"),
    Switch("set_up_missing", "", "entities (comma-separated) whose form is not configured: 500 on each access"),
    Switch("bare_version_list", False, "GET /entity answers a bare array, as old builds do"),
    Switch("row_limit", 0, "rows that one list may return before the SQL governor stops it with 500; 0: no limit"),
    Switch("new_line_ids", False, "detail lines have other ids in each session"),
    Switch("extra_keys", False, "records carry keys that the contract does not name"),
    Switch("echo_names_exception", True, "422 bodies carry exceptionMessage and exceptionType beside the echo"),
    Switch("inner_exceptions", False, "errors are wrapped: the reason is in innerException"),
    Switch("bare_decimals", False, "filters take 1.5 for a decimal field; otherwise only 1.5M"),
    Switch("exact_case", False, "filters compare texts with case and blanks; otherwise as a usual database does"),
    Switch(
        "cross_view_and_is_empty", False, "an `and` over a field of the record and one of a linked entity finds none"
    ),
    Switch("unknown_filter_status", "500", "status of a filter that names an unknown field", ("400", "500")),
    Switch(
        "unoptimized", "Bill.Applications", "Entity.Member (comma-separated) that cannot be expanded in a list: 500"
    ),
    Switch("empty_in_lists", "", "Entity.Member (comma-separated) that come back empty in lists though filled by key"),
    Switch("sparse_put_answers", False, "a PUT answer holds keys and what was sent or asked for, not all fields"),
    Switch("post_period_dash", False, "PostPeriod is shown as 03-2026 instead of 032026"),
    # documents
    Switch("hold_on_entry", True, "a document saved without Hold is on hold"),
    Switch("bill_approval", False, "every bill needs approval (otherwise only those of vendors marked so)"),
    Switch("change_order_approval", False, "change orders need approval when they come off hold"),
    Switch("check_approval", False, "payments need approval when they come off hold"),
    Switch("print_checks", False, "checks are printed before they are released"),
    Switch("order_approval", False, "orders and subcontracts need approval when they come off hold"),
    Switch(
        "write_window_ms",
        0,
        "a write to a record that another session wrote less than this ago fails: another process has updated it",
    ),
    Switch(
        "put_drops_recalculated",
        True,
        "a PUT that changes a stored record drops what it sends for fields that the change makes the books recalculate",
    ),
    Switch("duplicate_vendor_ref", "allow", "a second bill of a vendor with the same VendorRef", ("allow", "refuse")),
    Switch("require_vendor_ref", False, "a bill needs a VendorRef"),
    Switch("validate_control_totals", False, "the sent Amount of a bill must equal its total unless it is on hold"),
    Switch("negative_totals", "refuse", "a bill that is not on hold and totals below zero", ("allow", "refuse")),
    Switch("auto_number_vendors", False, "a vendor without VendorID gets a number"),
    Switch("reversal_applies", True, "a released reversal is applied to the document that it reverses"),
    Switch("retainage_bills_released", False, "ReleaseRetainage releases the bill that it makes"),
    Switch("void_check_released", True, "VoidCheck releases the voided payment at once"),
    Switch("void_keeps_rows", True, "what a voided payment paid stays in its history and in the bills' applications"),
    Switch("check_amount_lost", False, "amount, details and Hold false in one PUT lose the payment's amount"),
    Switch("payment_bumps_bill", True, "a payment changes LastModifiedDateTime of the bills that it pays"),
    # actions
    Switch("action_answer", "202", "long actions answer 202 and run on, or 204 when done", ("202", "204")),
    Switch("all_actions_run_on", False, "actions that are otherwise done at once (PutOnHold) answer like long ones"),
    Switch("action_polls", 1, "status polls answered with 202 before an action is done"),
    Switch("action_ms", 200, "an action is done after this time even if nobody asks"),
    Switch("action_failure_status", "500", "status of the poll that reports a failed action", ("422", "500")),
    # notifications
    Switch("push_retry_ms", 500, "pause before the second attempt of a notification; it doubles each time"),
    Switch("drop_notifications", False, "notifications are lost before they are sent"),
)
