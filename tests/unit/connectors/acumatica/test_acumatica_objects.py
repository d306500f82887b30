"""Bills on the wire and as records: nothing is lost, nothing is invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from acumatica_instance import DOCUMENT, FORM, stored, wire
from msgspec import structs

from ml_connector.connectors.acumatica import form, objects
from ml_connector.connectors.acumatica import wire as fields
from ml_connector.connectors.acumatica.wire import BadRecord
from ml_connector.records.documents import OrderLine

CHART = form.settings(FORM).chart
LINE = DOCUMENT.lines[0]


def sent(**changes: Any) -> dict[str, Any]:
    return objects.body("mlc-7k2-1", structs.replace(DOCUMENT, **changes), CHART)


def test_a_bill_is_sent_wrapped_released_from_hold_and_with_our_reference_first() -> None:
    assert sent() == wire(
        Type="Bill",
        Vendor="NORTHCONC",
        VendorRef="REQ-7-0003",
        Date="2026-03-31",
        PostPeriod="032026",
        CurrencyID="USD",
        Description="mlc-7k2-1: Pay app 3",
        Hold=False,
        Amount=Decimal("1250.50"),
    ) | {
        "Details": [
            wire(
                Account="54000",
                Subaccount="000000",
                ExtendedCost=Decimal("1250.50"),
                TransactionDescription="Slab level 2",
                Project="TOWER1",
                ProjectTask="03",
                CostCode="03-300",
            )
        ]
    }


def test_what_is_not_stated_is_left_to_the_vendor() -> None:
    body = sent(
        currency="", period="", lines=(structs.replace(LINE, subaccount="", project="", task="", cost_code=""),)
    )
    assert "CurrencyID" not in body
    assert "PostPeriod" not in body
    assert set(body["Details"][0]) == {"Account", "ExtendedCost", "TransactionDescription"}


def test_long_texts_are_cut_behind_the_reference() -> None:
    body = sent(text="x" * 400)
    assert len(body["Description"]["value"]) == objects.LONGEST_TEXT
    assert objects.reference_of(body) == "mlc-7k2-1"


@pytest.mark.parametrize(
    ("kind", "label"), [("Normal", "Normal"), ("purchase_order", "Normal"), ("subcontract", "Subcontract")]
)
def test_order_links_travel_as_labels(kind: str, label: str) -> None:
    line = structs.replace(LINE, order=OrderLine(kind=kind, number="000045", line=2))
    row = sent(lines=(line,))["Details"][0]
    assert (row["POOrderType"], row["POOrderNbr"], row["POLine"]) == (
        {"value": label},
        {"value": "000045"},
        {"value": 2},
    )
    answer = stored()
    answer["Details"][0] |= wire(POOrderType=label, POOrderNbr="000045", POLine=2)
    assert objects.bill(answer, CHART, structs.replace(DOCUMENT, lines=(line,))).lines == (line,)


def test_retainage_goes_through_custom_fields_and_comes_back() -> None:
    line = structs.replace(LINE, retainage=Decimal("125.05"))
    body = sent(total=Decimal("1125.45"), lines=(line, LINE))
    assert body["custom"] == {"Document": {"RetainageApply": {"type": "CustomBooleanField", "value": True}}}
    held = {"Transactions": {"CuryRetainageAmt": {"type": "CustomDecimalField", "value": Decimal("125.05")}}}
    assert body["Details"][0]["custom"] == held
    assert body["Details"][1]["custom"]["Transactions"]["CuryRetainageAmt"]["value"] == 0
    answer = stored(Amount=Decimal("1125.45"))
    answer["Details"][0] |= wire(Amount=Decimal("1125.45")) | {"custom": held}
    record = objects.bill(answer, CHART)
    assert (record.lines[0].amount, record.lines[0].retainage) == (Decimal("1250.50"), Decimal("125.05"))
    assert record.total == Decimal("1125.45")


def test_a_bill_without_retainage_sends_no_custom_fields() -> None:
    assert "custom" not in sent()
    assert "custom" not in sent()["Details"][0]


def test_the_tenant_can_have_no_apply_retainage_field() -> None:
    chart = form.settings(FORM | {"retainage_switch_field": "none"}).chart
    document = structs.replace(DOCUMENT, lines=(structs.replace(LINE, retainage=Decimal(1)),))
    assert "custom" not in objects.body("r", document, chart)


def test_stored_bill_equals_what_was_meant() -> None:
    assert objects.bill(stored(), CHART, DOCUMENT) == DOCUMENT


def test_keys_are_the_same_with_other_capitals_padding_and_separators() -> None:
    answer = stored(Vendor="northconc  ")
    answer["Details"][0] |= wire(Subaccount="000-000", Project="TOWER1    ", CostCode="03300")
    assert objects.bill(answer, CHART, DOCUMENT) == DOCUMENT
    assert objects.bill(answer, CHART).lines[0].cost_code == "03300"


def test_a_default_that_we_left_to_the_vendor_is_no_difference() -> None:
    meant = structs.replace(DOCUMENT, lines=(structs.replace(LINE, subaccount=""),))
    answer = stored()
    answer["Details"][0] |= wire(TaxCategory="EXEMPT")
    assert objects.bill(answer, CHART, meant) == meant


@pytest.mark.parametrize("field", ["Account", "Project", "ProjectTask", "CostCode"])
def test_another_coding_is_a_difference(field: str) -> None:
    answer = stored()
    answer["Details"][0] |= wire(**{field: "OTHER"})
    assert objects.bill(answer, CHART, DOCUMENT) != DOCUMENT


def test_the_non_project_code_is_no_project() -> None:
    answer = stored()
    answer["Details"][0] |= wire(Project="X", ProjectTask=None, CostCode="00-000")
    line = objects.bill(answer, CHART).lines[0]
    assert (line.project, line.task, line.cost_code) == ("", "", "")


def test_lines_come_in_the_order_of_their_row_numbers() -> None:
    answer = stored()
    first = answer["Details"][0]
    second = first | {"rowNumber": 2} | wire(TransactionDescription="second")
    answer["Details"] = [second, first]
    assert [line.text for line in objects.bill(answer, CHART).lines] == ["Slab level 2", "second"]


def test_a_missing_line_shows() -> None:
    meant = structs.replace(DOCUMENT, lines=(LINE, LINE))
    assert len(objects.bill(stored(), CHART, meant).lines) == 1


@pytest.mark.parametrize(("shown", "period"), [("032026", "2026-03"), ("03-2026", "2026-03"), ("", "")])
def test_posting_periods_are_read_with_and_without_a_dash(shown: str, period: str) -> None:
    assert objects.period(shown) == period


def test_dates_are_not_shifted_by_a_zone() -> None:
    assert fields.day(wire(Date="2026-03-31T00:00:00-07:00"), "Date") == date(2026, 3, 31)


def test_amounts_keep_every_digit() -> None:
    raw = b'{"Amount":{"value":1234567890123456.78},"Empty":{}}'
    record = msgspec.json.decode(raw, type=dict[str, Any]) | {}
    exact = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode(raw)
    assert fields.amount(exact, "Amount") == Decimal("1234567890123456.78")
    assert fields.amount(exact, "Empty") is None
    with pytest.raises(BadRecord):
        fields.amount(record, "Amount")  # a float has lost digits already


@pytest.mark.parametrize(
    ("read", "entry"),
    [
        (fields.text, "bare"),
        (fields.amount, {"value": "12%"}),
        (fields.amount, {"value": True}),
        (fields.whole, {"value": "two"}),
        (fields.flag, {"value": "yes"}),
        (fields.day, {"value": "31.03.2026"}),
        (fields.moment, {"value": "yesterday"}),
        (fields.rows, {"value": 1}),
        (fields.linked, [1]),
    ],
)
def test_what_breaks_the_contract_is_named(read: Any, entry: Any) -> None:
    with pytest.raises(BadRecord, match="Thing"):
        read({"Thing": entry}, "Thing")


def test_a_description_without_our_mark_has_no_reference() -> None:
    record = objects.bill(stored(Description="Pay app 3"), CHART)
    assert (record.reference, record.text) == ("", "Pay app 3")
