"""The form, the ping, the user fields, the lists for matching and mapping, and what stands on an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from msgspec import structs
from sap_server import FORM, Server, bill, fault, journal, line

from ml_connector import points
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.declaration import PING_STEPS, PingStatus, PingStep
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1 import failures, form
from ml_connector.connectors.sap_b1.client import OPERATIONS, SapClient
from ml_connector.connectors.sap_b1.connector import (
    accounts,
    clearing_lines,
    profit_centers,
    projects,
    sap_b1,
    suppliers,
)
from ml_connector.connectors.sap_b1.documents import create
from ml_connector.connectors.sap_b1.reversal import STEPS
from ml_connector.connectors.sap_b1.user_fields import NEEDED, Lacking, lacking, prepare


@pytest.mark.parametrize(
    ("given", "base", "version"),
    [
        ("https://h:50000", "https://h:50000", "v2"),
        ("https://h:50000/", "https://h:50000", "v2"),
        ("https://h:50000/b1s/v1", "https://h:50000", "v1"),
        ("https://h:50000/b1s/v1/", "https://h:50000", "v1"),
        ("https://h:50000/b1s/v2/", "https://h:50000", "v2"),
        ("https://h/sap/b1s", "https://h/sap", "v2"),
    ],
)
def test_the_address_may_be_given_in_any_usual_way(given: str, base: str, version: str) -> None:
    assert form.split(given) == (base, version)
    assert form.check(FORM | {"base_url": given}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base_url": "http://sap.example.com:50000"}, "https"),
        ({"base_url": "https://h:50000/b1s/v2/Orders"}, "nothing behind it"),
        ({"company_db": ""}, "company_db: must be filled in"),
        ({"verify": "maybe"}, "verify"),
        ({"ca_file": "/no/such/file.pem"}, "ca_file"),
        ({"ca_file": "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"}, "PEM"),
        ({"dimension": "6"}, "1 to 5"),
        ({"tax_code": "EX", "vat_group": "I0"}, "one or the other"),
        ({"currencies": "DOLLAR=$"}, "currencies"),
        ({"currencies": "USD=$,CAD=$"}, "two currencies"),
        ({"branch": "north"}, "branch"),
    ],
)
def test_wrong_fields_are_named_with_what_to_write(change: dict[str, str], words: str) -> None:
    (complaint,) = form.check(FORM | change)
    assert words in complaint


def test_every_field_of_the_form_is_known(client: SapClient) -> None:
    assert set(FORM) <= {field.name for field in form.FIELDS}
    assert form.lanes(FORM) == ("1",) and form.windows(FORM) == () and sap_b1.session_per_cycle
    assert client.settings.code_of("USD") == "$" and client.settings.currency_of("$") == "USD"


def test_a_certificate_authority_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    assert "PEM" in form.check(FORM | {"ca_file": str(path)})[0]


def pinged(client: SapClient) -> dict[str, PingStep]:
    steps = {step.name: step for step in sap_b1.ping(client)}
    assert tuple(steps) == PING_STEPS
    return steps


def test_ping_of_a_company_that_was_never_prepared_is_no_failure(client: SapClient, server: Server) -> None:
    steps = pinged(client)
    assert [step for step in steps.values() if step.status is PingStatus.FAILED] == []
    assert "'install' makes them, or 'ml-connector connection prepare c1'" in steps["permissions"].found


def test_ping_tells_what_is_missing_or_unfit_and_then_that_all_is_well(client: SapClient, server: Server) -> None:
    prepare(client)
    gone = server.tables["UserFieldsMD"].pop(0)
    step = pinged(client)["permissions"]
    assert step.status is PingStatus.FAILED and "OPCH.U_MlcRef" in step.found and "prepare c1" in step.todo
    server.tables["UserFieldsMD"].append(gone | {"Size": 10})
    step = pinged(client)["permissions"]
    assert step.status is PingStatus.FAILED and "unfit" in step.found and "remove it" in step.found
    server.tables["UserFieldsMD"][-1] = gone
    steps = pinged(client)
    failed = [step for step in steps.values() if step.status is PingStatus.FAILED]
    assert failed == [] and "Demo Builders" in steps["company"].found and "1000280" in steps["version"].found
    assert server.tables["PurchaseInvoices"] == [] and server.logins == 1


def test_ping_tells_the_currency_of_the_books_and_forbidden_credit_notes(client: SapClient, server: Server) -> None:
    assert pinged(client)["company"].found.endswith(", books in $")
    server.refuse = lambda request: (
        fault(403, -6006, "No permission") if request.url.path.endswith(("PurchaseCreditNotes", "AdminInfo")) else None
    )
    steps = pinged(client)
    assert "books in" not in steps["company"].found
    assert "A/P credit notes" in steps["permissions"].found and "company settings" in steps["permissions"].found


def test_ping_counts_any_answer_as_reachable_and_none_as_not(client: SapClient, server: Server) -> None:
    server.refuse = lambda request: httpx2.Response(503) if request.url.path == "/ping/" else None
    assert pinged(client)["reachable"].status is PingStatus.OK
    server.refuse = lambda request: httpx2.ConnectError("refused")
    steps = pinged(client)
    assert steps["reachable"].status is steps["permissions"].status is PingStatus.FAILED


def test_ping_tells_forbidden_lists_and_wrong_credentials(opened: Callable[..., SapClient], server: Server) -> None:
    server.refuse = lambda request: fault(403, 804, "No permission") if "JournalEntries" in request.url.path else None
    step = pinged(opened())["permissions"]
    assert step.status is PingStatus.FAILED and "journal entries" in step.found and "authorisation" in step.todo
    opened().log_out()
    assert pinged(opened(password="no"))["authenticated"].status is PingStatus.FAILED


def test_prepare_makes_what_is_missing_once(client: SapClient, server: Server) -> None:
    told = prepare(client)
    made = [(row["TableName"], row["Name"], row["Type"], row["Size"]) for row in server.tables["UserFieldsMD"]]
    assert made == [(field.table, field.name, "db_Alpha", field.size) for field in NEEDED] and len(told) == 8
    assert {table for table, *_ in made} == {"OPCH", "PCH1", "OJDT", "JDT1"}
    told = prepare(client)
    assert len(server.tables["UserFieldsMD"]) == 8 and all("in place" in words for words in told)


def test_fields_of_a_related_table_will_do_and_short_ones_will_not(client: SapClient, server: Server) -> None:
    prepare(client)
    for row in server.tables["UserFieldsMD"]:
        row["TableName"] = {"OPCH": "OPOR", "PCH1": "POR1"}.get(row["TableName"], row["TableName"])
    assert lacking(client) == Lacking([], [])
    server.tables["UserFieldsMD"][0]["Size"] = 10
    (unfit,) = lacking(client).unfit
    assert "unfit" in unfit and "at least 50" in unfit


def test_fields_that_the_service_layer_does_not_show_yet_are_told(client: SapClient, server: Server) -> None:
    server.fields_known = False
    told = prepare(client)
    assert len(server.tables["UserFieldsMD"]) == 8
    assert len([words for words in told if "Service Layer restarted" in words]) == 2
    step = pinged(client)["permissions"]
    assert step.status is PingStatus.FAILED and "does not show" in step.found


def test_a_field_whose_making_lost_its_answer_is_found(client: SapClient, server: Server) -> None:
    server.after_write = httpx2.ReadTimeout("no answer")
    assert len(prepare(client)) == 8 and len(server.tables["UserFieldsMD"]) == 8


def test_lists_for_matching_and_mapping(client: SapClient) -> None:
    assert [(one.key, one.active) for one in suppliers(client)] == [("V10000", True), ("V-OFF", False)]
    chart = {one.key: one for one in accounts(client)}
    assert (chart["_SYS164"].number, chart["_SYS164"].kind, chart["_SYS164"].active) == ("5010-01", "expense", True)
    assert [key for key, one in chart.items() if not one.active] == ["_SYS001", "_SYS002", "_SYS003"]
    centers = {one.key: one for one in profit_centers(client)}
    assert "PC-DIM2" not in centers and centers["PC-OLD"].last == date(2026, 2, 28) and not centers["PC-OFF"].active
    assert [one.key for one in projects(client) if one.active] == ["P-100", "P-LATE"]


def entry_of_invoice(server: Server, row: int, sign: int) -> None:
    """The journal entry that SAP makes of an invoice or of its cancellation."""
    invoice = server.tables["PurchaseInvoices"][row]
    amount = float(invoice["DocTotal"]) * sign
    server.tables["JournalEntries"].append({
        "JdtNum": invoice["TransNum"], "Number": invoice["TransNum"], "ReferenceDate": invoice["DocDate"],
        "OriginalJournal": "ttAPInvoice", "Memo": "A/P Invoices", "JournalEntryLines": [
            {"Line_ID": 0, "AccountCode": "_SYS211", "Debit": 0, "Credit": amount},
            {"Line_ID": 1, "AccountCode": "_SYS019", "Debit": amount, "Credit": 0},
        ],
    })  # fmt: skip


def test_lines_on_an_account_name_commitment_and_vendor_whatever_posted_them(client: SapClient, server: Server) -> None:
    create(client, [journal()])
    outcomes = create(client, [bill(1, line("500.00", account="_SYS019")), bill(2, line("70.00", account="_SYS019"))])
    entry_of_invoice(server, 0, 1)
    entry_of_invoice(server, 1, 1)
    item = structs.replace(bill(2), key=getattr(outcomes[1], "key", ""), memo={"posted_on": "2026-03-31"})
    STEPS[1].run(client, [item])
    entry_of_invoice(server, 2, -1)
    found = clearing_lines(client, "_SYS019", date(2026, 3, 1), date(2026, 3, 31))
    assert [(one.amount, one.order, one.vendor) for one in found] == [
        (Decimal("-830.25"), "commitment:7731", "V10000"), (Decimal("500.0"), "commitment:7731", "V10000"),
        (Decimal("70.0"), "commitment:7731", "V10000"), (Decimal("-70.0"), "commitment:7731", "V10000"),
    ]  # fmt: skip
    asked = len(server.requests)
    assert clearing_lines(client, "_SYS164", date(2026, 3, 1), date(2026, 3, 31))[0].amount == Decimal("830.25")
    assert len(server.requests) == asked, "the ledger is read once for all accounts of a report"
    assert clearing_lines(client, "_SYS019", date(2026, 4, 1)) == []


def test_every_call_has_a_declared_point() -> None:
    names = set(points.names())
    assert all(f"call.sap_b1.{name}.{side}" in names for name in OPERATIONS for side in ("before", "after"))


def answer(status: int, body: bytes, *, write: bool = True) -> Answer:
    return Answer(operation="x", write=write, status=status, headers={}, body=body)


@pytest.mark.parametrize(
    ("code", "text", "status", "kind", "cause"),
    [
        (-5002, "Date deviates from permissible range  [OPCH.DocDate]", 400, errors.Refusal, "period_closed"),
        (-10, "10001071 - business partner inactive", 400, errors.Refusal, "vendor_inactive"),
        (-5002, "Internal error (-5002) occurred", 400, errors.Refusal, "refused"),
        (-4002, "To add the document, define the numbering series of the period", 400, errors.Refusal, "refused"),
        (-1116, "our own rule says no", 400, errors.Refusal, "refused"),
        (-2039, "Another user or another operation modified data (ODBC -2039)", 412, errors.Refusal, "changed_there"),
        (-6006, "You are not permitted to perform this action", 403, errors.NotPermitted, ""),
        (804, "No permission", 400, errors.NotPermitted, ""),
        (-2028, "No matching records found (ODBC -2028)", 404, errors.NotFound, ""),
        (-2028, "No matching records found (ODBC -2028)", 400, failures.MissingRecord, "refused"),
        (201, "Property 'U_MlcRef' is invalid", 400, errors.BadConfiguration, ""),
        (305, "Switch company error: -1102", 500, errors.TryLater, ""),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_error_answers_of_both_versions_mean_the_same(
    code: int, text: str, status: int, kind: type[errors.VendorError], cause: str, version: str
) -> None:
    found = failures.classify(answer(status, fault(status, code, text, version).content), "c1")
    assert type(found) is kind or (kind is errors.TryLater and isinstance(found, kind))
    assert getattr(found, "cause", "") == cause


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Property 'U_MlcRef' of 'Document' is invalid", "does not know the user field U_MlcRef"),
        ("Value too long in property 'U_MlcSource' of 'Document'", "user field U_MlcSource is too short"),
        ("Enter valid code  [OPCH.BPLId]", "branch, which is a setting of the connection"),
    ],
)
def test_refusals_name_what_is_wrong_in_words_of_people(said: str, words: str) -> None:
    found = failures.classify(answer(400, fault(400, -1000, said).content), "c1")
    assert found is not None and words in found.message


def test_foreign_bodies_are_left_to_the_kit() -> None:
    for body in (b"<html>Proxy Error</html>", b"", b'{"error": "text"}', b"[1]", b'{"error"'):
        assert failures.classify(answer(502, body), "c1") is None
        assert failures.read(body) is None
    assert failures.classify(answer(500, b'{"error":{"code":"-1","message":"Internal error"}}'), "c1") is None


def test_reversals_of_documents_without_a_key_are_refused(client: SapClient) -> None:
    with pytest.raises(errors.Refusal, match="has no key"):
        STEPS[0].run(client, [Item(reference="ML-A-1", document=bill().document)])
