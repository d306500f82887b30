"""The switches of the protocol: where the server's behaviour differs by release or is not certain."""

from __future__ import annotations

from ml_connector.sandbox.kit.switches import Switch

PROTOCOL = (
    # sessions
    Switch(
        "expired_code", "301", "code of the 401 for a session that is over; -5002 with the same text", ("301", "-5002")
    ),
    Switch(
        "bad_login_code",
        "100000027",
        "code of the 401 for a refused login; -304 as old releases",
        ("100000027", "-304"),
    ),
    Switch("session_minutes", 30, "idle minutes after which a session is over (unless started with --token-seconds)"),
    Switch("wrong_passwords", 5, "wrong passwords in a row that lock the user; 0: never"),
    Switch("switch_company_failures", 0, "so many next requests fail with 500 code 305 before they run"),
    Switch("routeid", True, "a login also sets the ROUTEID cookie of the load balancer"),
    Switch("error_details", False, "v2 errors carry the details array of newer builds"),
    # reading
    Switch("page_size", 20, "rows of a page unless the request says otherwise"),
    Switch("next_link", "relative", "how the next link is written", ("relative", "rooted", "absolute")),
    Switch("next_link_keeps_query", False, "the next link repeats the other query options"),
    Switch("case_sensitive", True, "filters compare texts with case, as HANA does"),
    # user fields
    Switch("new_udf_needs_restart", False, "a new user field is not known until the service is restarted (act)"),
    # limits
    Switch("longest_address", 8190, "longer paths with their query are answered with 414 by the web server"),
    Switch(
        "requests_per_minute",
        0,
        "more requests than this in a minute are answered with 429; 0: no limit, as in reality",
    ),
)
