"""What the Service Layer answers instead of a result: status, code and text as in vendors/sap_b1.md §9."""

from __future__ import annotations


class B1Error(Exception):
    """A refusal; the protocol version decides how it is written.

    `html`: the web server in front says it, as a page. `inner`: V3 adds an empty innererror.
    """

    def __init__(self, status: int, code: int, text: str, *, html: bool = False, inner: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.html = html
        self.inner = inner


# sessions and rights


def invalid_session(code: int = 301) -> B1Error:
    """Missing, unknown, expired or ended: 401."""
    return B1Error(401, code, "Invalid session or session already timeout.")


def login_failed() -> B1Error:
    """Wrong company, user or password, or a locked user."""
    return B1Error(401, 100000027, "Login failed")


def no_credentials() -> B1Error:
    """The same as old releases say it."""
    return B1Error(401, -304, "Fail to get DB Credentials from SLD")


def switch_company() -> B1Error:
    """Before the operation runs; goes away by itself."""
    return B1Error(500, 305, "Switch company error: -1102")


def not_permitted() -> B1Error:
    """The user lacks the authorisation."""
    return B1Error(403, -6006, "You are not permitted to perform this action")


# paths and queries


def unrecognized_path() -> B1Error:
    """Neither an entity set nor a service."""
    return B1Error(400, -1002, "Unrecognized resource path")


def service_not_found() -> B1Error:
    """A name like a service's that is none."""
    return B1Error(400, 200, "Service Not Found")


def unsupported_query(text: str = "Not supported query string") -> B1Error:
    """A query option, or something within one, that is not understood."""
    return B1Error(400, 201, text)


def unknown_in_query(name: str) -> B1Error:
    """A property that $filter names and that is not there."""
    return B1Error(400, 201, f"Property '{name}' is invalid")


def invalid_property(name: str, type_name: str) -> B1Error:
    """A property of a body or of $select that is not there."""
    return B1Error(400, -1000, f"Property '{name}' of '{type_name}' is invalid")


def bad_request(text: str) -> B1Error:
    """A request that cannot be understood."""
    return B1Error(400, -1000, text)


def incomplete_batch(status: int = 400) -> B1Error:
    """A $batch body that cannot be read."""
    return B1Error(status, -1000, "Incomplete Batch Request Body!", inner=True)


def too_large() -> B1Error:
    """A body over the web server's limit."""
    return B1Error(413, 413, "Request Entity Too Large", html=True)


# records


def no_matching_records(status: int = 404) -> B1Error:
    """A key that does not exist: 404 in a URL; 400 for a record that a body refers to."""
    return B1Error(status, -2028, "No matching records found (ODBC -2028)")


def already_exists() -> B1Error:
    """A key that is taken."""
    return B1Error(400, -2035, "This entry already exists in the following tables (ODBC -2035)")


def modified_meanwhile() -> B1Error:
    """If-Match names another version."""
    text = "Another user or another operation modified data; to continue, open the window again (ODBC -2039)"
    return B1Error(412, -2039, text)


def not_updatable() -> B1Error:
    """A field that stays as it was posted."""
    return B1Error(400, -1029, "Field cannot be updated (ODBC -1029)")


def not_supported_action() -> B1Error:
    """Such as deleting an invoice."""
    return B1Error(400, -5006, "The requested action is not supported for this object.")


def too_long(name: str, type_name: str) -> B1Error:
    """A text over the size of its column."""
    return B1Error(400, -1000, f"Value too long in property '{name}' of '{type_name}'")


# rules of the books


def validation(text: str) -> B1Error:
    """The general refusal of a value."""
    return B1Error(400, -5002, text)


def enter_valid_code(table: str, column: str, line: int | None = None) -> B1Error:
    """A code that is not known or not active. `line` counts from 0, the text from 1; two blanks as in reality."""
    place = "" if line is None else f"[line: {line + 1}]"
    return validation(f"Enter valid code  [{table}.{column}]{place}")


def business_rule(app_code: int, text: str) -> B1Error:
    """A rule with a number of its own, such as 1320000140 for a code that is taken."""
    return B1Error(400, -10, f"{app_code} - {text}")


def period_locked() -> B1Error:
    """The posting date lies in a locked period."""
    return B1Error(400, -4013, "Posting period locked; specify an alternative date")


def date_out_of_range(table: str, column: str) -> B1Error:
    """No period holds the date."""
    return validation(f"Date deviates from permissible range [{table}.{column}]")


def no_series() -> B1Error:
    """No numbering series for the period."""
    return B1Error(
        400, -4002, "To generate this document, first define the numbering series in the Administration module"
    )


def customer_rule(code: int, text: str) -> B1Error:
    """What a company's own procedure says."""
    return B1Error(400, code, text)
