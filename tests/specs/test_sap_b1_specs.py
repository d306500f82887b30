"""The metadata of the SAP Business One sandbox held against what the vendor published (an old release's, V3).

Run by CI with `VENDOR_SPECS` naming the folder; the specifications themselves are not part of the project.
"""

from __future__ import annotations

import os
import urllib.request
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import msgspec
import pytest

from ml_connector.sandbox.run import running

SPECS = Path(os.environ["VENDOR_SPECS"])
NOT_PUBLISHED = {"CurrentServerTime", "Item", "Payment", "PaymentInvoice", "BoRcptTypes", "BoRcptInvTypes"}
"""Types that the trimmed document leaves out."""
NEWER = {
    "AdminInfo.EnableWebhook",
    "Attachments2_Line.AbsoluteEntry",
    "Attachments2_Line.LineNum",
    "Attachments2_Line.TargetPath",
    "Attachments2_Line.UserID",
    "BoDocLineType.dlt_Resource",
    "BusinessPartner.DataVersion",
    "BusinessPartner.Street",
    "CompanyInfo.Localization",
    "Document.DataVersion",
    "Document.DraftKey",
    "Document.PaidToDate",
    "Document.PaidToDateFC",
    "Document.PaidToDateSys",
    "Document.UserSign",
    "JournalEntry.AdjustTransaction",
    "JournalEntry.AttachmentEntry",
    "UDFLinkedSystemObjectTypesEnum.ulNone",
}
"""Properties and members that came with later releases."""

Types: TypeAlias = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def served() -> Types:
    """The sandbox's v1 metadata, without user fields."""
    with running(["sap_b1"], "small", rate_limits=False) as ready:
        entry = ready["sap_b1"]
        wanted = {"CompanyDB": "company_db", "UserName": "username", "Password": "password"}
        body = msgspec.json.encode({name: entry[field] for name, field in wanted.items()})
        with urllib.request.urlopen(entry["login_url"], body, timeout=60) as answer:
            session = msgspec.json.decode(answer.read())["SessionId"]
        root = entry["base_url"].replace("/v2", "/v1")
        request = urllib.request.Request(f"{root}/$metadata", headers={"Cookie": f"B1SESSION={session}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = types(ElementTree.fromstring(answer.read()))
    return {name: {key: kind for key, kind in own.items() if not key.startswith("U_")} for name, own in found.items()}


@pytest.fixture(scope="module")
def published() -> Types:
    return types(ElementTree.parse(SPECS / "sap_b1.metadata.v3.xml").getroot())


def types(root: ElementTree.Element) -> Types:
    """Types and enums by name: properties with their type, members with their value."""
    found: Types = {}
    for element in root.iter():
        kind = local(element)
        if kind in ("EntityType", "ComplexType", "EnumType"):
            found[element.attrib["Name"]] = dict(parts(element))
    return found


def parts(element: ElementTree.Element) -> Any:
    for part in element:
        if local(part) in ("Property", "Member"):
            yield part.attrib["Name"], part.attrib.get("Type", part.attrib.get("Value", ""))


def local(element: ElementTree.Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def test_types_of_the_sandbox_are_the_published_ones(served: Types, published: Types) -> None:
    assert len(served) > 30
    assert set(served) - set(published) == NOT_PUBLISHED


def test_properties_have_the_published_names_and_types(served: Types, published: Types) -> None:
    wrong = {
        f"{name}.{key}": (kind, published[name].get(key))
        for name, own in served.items()
        if name in published
        for key, kind in own.items()
        if published[name].get(key) != kind
    }
    assert set(wrong) == NEWER, wrong
