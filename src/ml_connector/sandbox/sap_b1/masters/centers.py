"""ProfitCenters, DistributionRules and Dimensions (vendors/sap_b1.md §5.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.declared.ledger import RULE, RULE_LINE
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import enter_valid_code, not_updatable, validation
from ml_connector.sandbox.sap_b1.masters.lists import Rules

_WHOLE: Final = Decimal(100)


def _check_center(desk: Desk, row: Row, before: Row | None) -> Row:
    if desk.store["ODIM"].find(row["InWhichDimension"]) is None:
        raise enter_valid_code("OPRC", "DimCode")
    if before is not None and before["InWhichDimension"] != row["InWhichDimension"]:
        raise not_updatable()
    if row["EffectiveFrom"] is None:
        raise validation("Enter effective from date  [OPRC.ValidFrom]")
    if row["EffectiveTo"] is not None and row["EffectiveTo"] < row["EffectiveFrom"]:
        raise validation("Date deviates from permissible range [OPRC.ValidTo]")
    return row


def _direct_rule(desk: Desk, center: Row, before: Row | None) -> None:
    """Each profit centre has a rule of its own code, which documents name in CostingCode."""
    line = blank(RULE_LINE) | {"CenterCode": center["CenterCode"], "TotalInCenter": _WHOLE}
    line |= {"EffectiveFrom": center["EffectiveFrom"], "EffectiveTo": center["EffectiveTo"]}
    values = {"FactorCode": center["CenterCode"], "FactorDescription": center["CenterName"], "Direct": "Y"}
    values |= {"TotalFactor": _WHOLE, "InWhichDimension": center["InWhichDimension"], "Active": center["Active"]}
    desk.store["OOCR"].put(blank(RULE) | values | {"IsFixedAmount": "tNO", "DistributionRuleLines": [line]})


def _before_delete_center(desk: Desk, row: Row) -> None:
    others = (one for one in desk.store["OOCR"] if one["FactorCode"] != row["CenterCode"])
    if any(line["CenterCode"] == row["CenterCode"] for one in others for line in one["DistributionRuleLines"]):
        raise validation("The profit center is used in a distribution rule  [OPRC.PrcCode]")
    if desk.store["OOCR"].find(row["CenterCode"]) is not None:
        desk.store["OOCR"].drop(row["CenterCode"])


CENTERS: Final = Rules(
    defaults={"InWhichDimension": 1, "Active": "tYES"},
    check=_check_center,
    before_delete=_before_delete_center,
    after=_direct_rule,
)


def _check_rule(desk: Desk, row: Row, before: Row | None) -> Row:
    if before is not None and before["Direct"] == "Y":
        raise not_updatable()
    total = sum((line["TotalInCenter"] or Decimal(0) for line in row["DistributionRuleLines"]), Decimal(0))
    for line in row["DistributionRuleLines"]:
        center = desk.store["OPRC"].find(line["CenterCode"])
        if center is None or center["InWhichDimension"] != row["InWhichDimension"]:
            raise enter_valid_code("OCR1", "PrcCode")
    if not row["DistributionRuleLines"] or total != (row["TotalFactor"] or total):
        raise validation("The lines must add up to the total factor  [OOCR.OcrTotal]")
    return row | {"TotalFactor": total}


def _before_delete_rule(desk: Desk, row: Row) -> None:
    if row["Direct"] == "Y":
        raise validation("A direct rule goes with its profit center  [OOCR.OcrCode]")


RULE_SET: Final = Rules(
    defaults={"InWhichDimension": 1, "Active": "tYES", "Direct": "N", "IsFixedAmount": "tNO"},
    check=_check_rule,
    before_delete=_before_delete_rule,
)
DIMENSIONS: Final = Rules(creates=False, before_delete=None)
