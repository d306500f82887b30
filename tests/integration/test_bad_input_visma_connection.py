"""Visma.net: wrong company, tenant, secret or address: the connection stops once and says what to check."""

from __future__ import annotations

import gc

import leaks
import pytest
from visma_stage import VismaStage
from visma_world import VismaWorld

from ml_connector.hub import connections
from ml_connector.hub.models import Record
from ml_connector.hub.problems import WrongUse

CUSTOMER = "c0ffee00-6f0a-4d9d-9f3e-2a0c5a7e0001"
NOBODY = "00000000-0000-4000-8000-000000000000"
OTHER_TENANT, OTHER_COMPANY = "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1190", "2031190"
NO_COMPANY = {
    "ExceptionType": "IPPException", "ExceptionMessage": "", "ExceptionFaultCode": "12002",
    "ExceptionMessageID": "12002_1f0c", "ExceptionDetails": "",
}  # fmt: skip
SECRET = "S3cret-of-nobody-4711-0815-abcdef"


@pytest.fixture
def stage(visma: VismaWorld) -> VismaStage:
    return VismaStage(visma)


def written(stage: VismaStage) -> list[str]:
    """Calls that are no reads and no log-ins."""
    calls = stage.visma.get("/calls")
    return [one["path"] for one in calls if one["method"] != "GET" and not one["path"].endswith("/token")]


@pytest.mark.parametrize("company", ["", " ", "company one", "20.5"])
def test_a_connection_without_a_company_id_is_refused_before_any_call(stage: VismaStage, company: str) -> None:
    with pytest.raises(WrongUse, match="company_id"):
        connections.change(stage.erp, {"company_id": company})
    assert stage.visma.get("/calls") == []


def test_a_company_that_is_not_the_tenant_s_stops_the_connection(stage: VismaStage) -> None:
    good = str(stage.visma.ready["company_id"])
    connections.change(stage.erp, {"company_id": OTHER_COMPANY})
    stage.stopped("check company_id", "tenant_id, which must be the same company's")
    assert written(stage) == []
    stage.well_after(company_id=good)


def test_a_header_that_is_lost_on_the_way_stops_the_connection(stage: VismaStage) -> None:
    """A proxy in between takes ipp-company-id away."""
    stage.visma.fault("status", path="/v[12]/", times="always", status=400, body=NO_COMPANY)
    stage.stopped("the company of this connection is not the token's (fault 12002)", "check company_id")
    assert written(stage) == []
    stage.visma.post("/faults", None, method="DELETE")
    stage.mended()
    stage.world.sync()
    stage.posted_once()


def test_a_company_without_a_licence_stops_the_connection(stage: VismaStage) -> None:
    body = {**NO_COMPANY, "ExceptionFaultCode": "12027", "ExceptionMessage": "No license for this company."}
    stage.visma.fault("status", path="/v[12]/", times="always", status=400, body=body)
    stage.stopped("fault 12027", "check company_id")


def test_a_tenant_of_the_customer_gets_a_token_and_stops_with_the_reason(stage: VismaStage) -> None:
    good = str(stage.visma.ready["tenant_id"])
    connections.change(stage.erp, {"tenant_id": CUSTOMER})
    stage.stopped("tenant_id may be that of the customer instead of the company")
    assert written(stage) == []
    stage.well_after(tenant_id=good)


def test_a_tenant_that_nobody_knows_stops_the_connection(stage: VismaStage) -> None:
    good = str(stage.visma.ready["tenant_id"])
    connections.change(stage.erp, {"tenant_id": NOBODY})
    stage.stopped("the token address refused the log-in", "check")
    stage.well_after(tenant_id=good)


def test_a_tenant_that_is_no_guid_is_refused_before_any_call(stage: VismaStage) -> None:
    with pytest.raises(WrongUse, match="tenant_id: write the company's tenant as a GUID"):
        connections.change(stage.erp, {"tenant_id": "Harbor View"})
    assert stage.visma.get("/calls") == []


def test_another_company_s_connection_never_uses_this_one_s_token(stage: VismaStage) -> None:
    """Tenant and company are both the other one's: its books are written to, never these."""
    stage.world.sync()
    before = stage.people.books()
    connections.change(stage.erp, {"tenant_id": OTHER_TENANT, "company_id": OTHER_COMPANY})
    stage.people.office("open_period", period="2026-02")
    stage.world.sync()
    assert stage.people.books() == before


def test_an_organisation_number_that_is_not_the_company_s_stops_before_anything_is_sent(stage: VismaStage) -> None:
    connections.change(stage.erp, {"organisation_number": "999999999"})
    stage.stopped("nothing else was sent", "and not 999999999: check organisation_number")
    assert written(stage) == []
    stage.well_after(organisation_number="")


def test_a_wrong_secret_is_tried_once_and_stands_nowhere(stage: VismaStage) -> None:
    good = str(stage.visma.ready["client_secret"])
    connections.change(stage.erp, {"client_secret": SECRET})
    stage.stopped("invalid_client", "check client_id and client_secret")
    tried = [one for one in stage.visma.get("/calls") if one["path"].endswith("/connect/token")]
    assert len(tried) == 1
    finder = leaks.Finder()
    finder.add("the wrong secret", SECRET)
    finder.add("the secret", good)
    gc.collect()
    assert finder.leaks("the database", leaks.database_dump()) == []
    stage.well_after(client_secret=good)


def test_an_approval_that_is_withdrawn_stops_the_connection_until_it_is_given_again(stage: VismaStage) -> None:
    stage.people.office("withdraw_application")
    stage.stopped("approve")
    stage.people.office("approve_application")
    stage.mended()
    stage.world.sync()
    stage.posted_once()


def test_a_scope_that_is_missing_holds_each_journal_and_says_which(stage: VismaStage) -> None:
    good = " ".join(f"vismanet_erp_service_api:{right}" for right in ("create", "read", "update", "delete"))
    connections.change(stage.erp, {"scopes": "vismanet_erp_service_api:read"})
    stage.world.sync()
    held = stage.record
    assert (held.state, held.cause) == ("held", "not_permitted")
    assert "add the missing one of create, read, update and delete to the application's scopes" in held.message
    assert stage.world.ours() == []
    connections.change(stage.erp, {"scopes": good})
    connections.log_out(stage.erp)
    stage.world.replayed(held)
    stage.world.sync()
    stage.posted_once()


def test_an_address_of_visma_net_where_nobody_answers_is_tried_later(stage: VismaStage) -> None:
    good = str(stage.visma.ready["base_url"])
    connections.change(stage.erp, {"base_url": "http://127.0.0.1:9"})
    (trouble, *_) = stage.world.sync(wait=0).troubles
    assert "check the address and the network" in trouble
    assert stage.erp.trouble == ""
    stage.well_after(base_url=good)


def test_an_address_that_is_not_encrypted_is_refused(stage: VismaStage) -> None:
    with pytest.raises(WrongUse, match="base_url"):
        connections.change(stage.erp, {"base_url": "http://api.finance.visma.net"})
    assert stage.visma.get("/calls") == []


def test_a_401_that_begins_in_mid_run_stops_after_one_renewal_and_loses_nothing(stage: VismaStage) -> None:
    stage.visma.fault("status", method="POST", path="/journaltransaction$", times="always", status=401, body={})
    stage.stopped("refuses our token, also after one renewal")
    assert set(Record.objects.filter(flow="requisitions", business_number="PA-1").values_list("state", flat=True)) == {
        "ready"
    }
    stage.visma.post("/faults", None, method="DELETE")
    stage.mended()
    stage.world.sync()
    stage.posted_once()
