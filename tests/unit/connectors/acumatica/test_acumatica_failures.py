"""An error answer is read for what follows from it, in words that a person understands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from acumatica_instance import failure, reply, wire

from ml_connector.connectors.acumatica import failures
from ml_connector.connectors.kit import classify, errors
from ml_connector.connectors.kit.answer import Answer

GENERAL = "Inserting  'AP Transactions' record raised at least one error. Please review the errors."


def answer(response: httpx2.Response, *, write: bool = True) -> Answer:
    return Answer(
        operation="bills.create",
        write=write,
        status=response.status_code,
        headers=response.headers,
        body=response.content,
    )


def error(response: httpx2.Response, *, write: bool = True) -> errors.VendorError:
    asked = answer(response, write=write)
    return failures.classify(asked) or classify.default(asked, datetime(2026, 1, 31, tzinfo=UTC))


def echo(**changes: Any) -> dict[str, Any]:
    """A refused bill, echoed without the keys of an HttpError."""
    line = {"rowNumber": 2} | wire(Account="54000")
    line["Project"] = {"value": "TES9", "error": "Error: Project 'TES9  ' cannot be found in the system."}
    good = {"rowNumber": 1} | wire(Account="54000")
    return {"id": "b6", "error": GENERAL} | wire(ReferenceNbr="<NEW>") | {"Details": [good, line]} | changes


def test_echoed_errors_are_named_by_line_and_field() -> None:
    found = error(reply(echo(), 422))
    assert isinstance(found, errors.Refusal)
    assert found.cause == "refused"
    said = "Acumatica refused: Details line 2, Project: Project 'TES9 ' cannot be found in the system."
    assert found.message == said


@pytest.mark.parametrize("mixed", [False, True])
def test_both_shapes_of_422_read_the_same(mixed: bool) -> None:
    http_error = {"exceptionMessage": GENERAL, "exceptionType": "PX.Api.ContractBased.OutcomeEntityHasErrorsException"}
    body = echo(**(http_error if mixed else {}))
    assert error(reply(body, 422)).message == error(reply(echo(), 422)).message


def test_errors_of_linked_entities_and_headers_are_all_told() -> None:
    body = {
        "Vendor": {"value": "NOBODY", "error": "'Vendor' cannot be found in the system."},
        "MainContact": {"Address": {"Country": {"value": "XX", "error": "'XX' is not allowed."}}},
    }
    assert error(reply(body, 422)).message.endswith(
        "Vendor: 'Vendor' cannot be found in the system.; MainContact, Address, Country: 'XX' is not allowed."
    )


def test_a_422_with_nothing_but_an_exception_shows_its_innermost_words() -> None:
    inner = {"exceptionMessage": "The document is out of balance.", "exceptionType": "PX.Data.PXException"}
    body = {"message": "An error has occurred.", "exceptionMessage": GENERAL, "exceptionType": "PX.Data.PXException"}
    found = error(reply(body | {"innerException": inner}, 422))
    assert found.message == "Acumatica refused: The document is out of balance."


@pytest.mark.parametrize(
    ("field", "said", "cause"),
    [
        ("PostPeriod", "'Post Period' cannot be empty.", "period_closed"),
        ("Date", "The 03-2026 financial period is closed in Accounts Payable.", "period_closed"),
        ("Vendor", "The vendor status is 'Inactive'.", "vendor_inactive"),
        ("Vendor", "'Vendor' cannot be found in the system.", "refused"),
        ("VendorRef", "Document with this Vendor Ref. already exists for this vendor.", "keyed_by_hand"),
        ("VendorRef", "'Vendor Ref.' cannot be empty.", "refused"),
        ("Account", "'Account' cannot be found in the system.", "refused"),
    ],
)
def test_causes_that_a_person_can_act_on(field: str, said: str, cause: str) -> None:
    found = error(reply({field: {"value": "x", "error": said}}, 422))
    assert isinstance(found, errors.Refusal)
    assert found.cause == cause
    assert said in found.message


def test_a_closed_period_is_told_by_a_failed_action_too() -> None:
    found = error(failure("The 03-2026 period is closed."))
    assert isinstance(found, errors.Refusal)
    assert found.cause == "period_closed"


def test_a_business_error_with_status_500_is_a_refusal_and_no_lost_answer() -> None:
    found = error(failure("The required configuration data is not entered on the Bills form.", "PX.Data.PXSetupNot"))
    assert isinstance(found, errors.Refusal)
    assert "required configuration" in found.message


def test_a_page_of_html_loses_the_answer_of_a_write() -> None:
    page = httpx2.Response(500, headers={"content-type": "text/html"}, content=b"<html>Runtime Error</html>")
    assert isinstance(error(page), errors.AnswerLost)
    assert isinstance(error(page, write=False), errors.TryLater)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Execution Timeout Expired.", "System.Data.SqlClient.SqlException"),
        ("Timeout expired.", "PX.Data.PXDatabaseException"),
        ("Object reference not set to an instance of an object.", "System.NullReferenceException"),
    ],
)
def test_a_technical_500_leaves_a_write_open(message: str, kind: str) -> None:
    assert isinstance(error(failure(message, kind)), errors.AnswerLost)


def test_a_bare_500_leaves_a_write_open() -> None:
    assert isinstance(error(reply({"message": "An error has occurred."}, 500)), errors.AnswerLost)


def test_no_such_record_is_not_found_although_it_is_a_500() -> None:
    kind = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
    assert isinstance(error(failure("No entity satisfies the condition.", kind), write=False), errors.NotFound)


@pytest.mark.parametrize(
    "message",
    [
        "Another process has updated the 'AP Invoice' record. Your changes will be lost.",
        "The previous operation has not been completed yet.",
        "Transaction was deadlocked on lock resources with another process.",
    ],
)
@pytest.mark.parametrize("status", [409, 422, 500])
def test_two_at_one_record_or_screen_try_again_soon(message: str, status: int) -> None:
    found = error(failure(message, status=status))
    assert isinstance(found, errors.TryLater)
    assert found.after


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_login_limit_is_known_by_its_text_with_any_status(status: int) -> None:
    found = error(failure("API Login Limit has been exceeded", status=status))
    assert isinstance(found, failures.LoginLimit)
    assert "SM604000" in found.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [(412, errors.Refusal), (403, errors.NotPermitted), (404, errors.NotFound), (400, errors.Refusal)],
)
def test_statuses_of_note(status: int, kind: type[errors.VendorError]) -> None:
    assert isinstance(error(failure("No.", status=status)), kind)


def test_a_list_that_cannot_be_optimised_is_told_apart() -> None:
    said = "Optimization cannot be performed.The following fields cause the error:\r\nTaxTotal: View Taxes has BQL"
    assert isinstance(error(failure(said), write=False), failures.NotListable)


def test_secrets_in_error_texts_are_masked() -> None:
    assert "hunter2" not in error(failure("login failed for password=hunter2")).message
