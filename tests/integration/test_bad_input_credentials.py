"""Credentials that are wrong or expire, and rights that are missing: the connection stops once, or one thing waits."""

from __future__ import annotations

import pytest
from stage import CREATE, SOUND, Stage

from ml_connector.hub import connections, replay
from ml_connector.hub.models import AuditEntry, Record, ScopeState
from ml_connector.hub.problems import WrongUse
from ml_connector.sandbox.month.build import OTHER_COMPANY


def broken(stage: Stage, side: str) -> str:
    """Sync against a broken connection twice: nothing is posted, it is told once and not called again."""
    first = stage.sync()
    trouble = connections.find(side).trouble
    assert first.troubles == (trouble,)
    assert not stage.bills("")
    sandbox = getattr(stage, side)
    calls = len(sandbox.get("/calls"))
    assert stage.sync().troubles == (trouble,)
    assert len(sandbox.get("/calls")) == calls
    assert AuditEntry.objects.filter(action="connection.broken").count() == 1
    return trouble


@pytest.mark.parametrize(
    ("side", "field"),
    [("procore", "client_secret"), ("acumatica", "client_secret"), ("acumatica", "password")],
)
def test_a_wrong_secret_stops_the_connection_once_and_says_what_to_check(stage: Stage, side: str, field: str) -> None:
    stage.install()
    good = str(getattr(stage, side).ready[field])
    connections.change(connections.find(side), {field: "wrong-one"})
    trouble = broken(stage, side)
    assert "refused the login" in trouble
    assert "check client id, secret" in trouble
    assert "wrong-one" not in trouble
    connections.change(connections.find(side), {field: good})
    stage.sync()
    stage.assert_posted_once()


def test_a_wrong_tenant_stops_the_connection(stage: Stage) -> None:
    stage.install()
    good = str(stage.acumatica.ready["client_id"])
    wrong = {"client_id": good.partition("@")[0] + "@NOSUCH", "tenant_id": "NOSUCH"}
    connections.change(stage.erp, wrong)
    trouble = broken(stage, "acumatica")
    assert "client id" in trouble
    assert "tenant" in trouble
    connections.change(stage.erp, {"client_id": good, "tenant_id": good.partition("@")[2]})
    stage.sync()
    stage.assert_posted_once()


def test_a_client_id_without_its_tenant_is_refused_before_any_call(stage: Stage) -> None:
    stage.install()
    with pytest.raises(WrongUse, match="GUID@TENANT"):
        connections.change(stage.erp, {"client_id": "8e0761d9-53c4-4f2b-9d0a-6a1f6c0b7e21"})
    assert stage.acumatica.get("/calls") == []


def test_a_company_that_has_not_installed_the_app_stops_the_connection(stage: Stage) -> None:
    stage.install()
    good = str(stage.procore.ready["company_id"])
    connections.change(stage.jobs, {"company_id": str(OTHER_COMPANY)})
    trouble = broken(stage, "procore")
    assert "Check company_id" in trouble
    assert "install the app" in trouble
    connections.change(stage.jobs, {"company_id": good})
    stage.sync()
    stage.assert_posted_once()


def test_a_company_that_does_not_exist_stops_the_connection(stage: Stage) -> None:
    stage.install()
    connections.change(stage.jobs, {"company_id": "42"})
    trouble = broken(stage, "procore")
    assert "Company not found" in trouble
    assert "ml-connector ping" in trouble
    connections.change(stage.jobs, {"company_id": str(stage.procore.ready["company_id"])})
    stage.sync()
    stage.assert_posted_once()


def test_a_wrong_endpoint_version_names_those_that_are_served(stage: Stage) -> None:
    stage.install()
    connections.change(stage.erp, {"endpoint_version": "19.200.001"})
    trouble = broken(stage, "acumatica")
    assert "does not serve endpoint Default 19.200.001" in trouble
    assert "set endpoint_version to one of" in trouble
    assert "24.200.001" in trouble
    connections.change(stage.erp, {"endpoint_version": "24.200.001"})
    stage.sync()
    stage.assert_posted_once()


@pytest.mark.parametrize(("side", "path", "nth"), [("acumatica", "/Bill", 4), ("procore", "/requisitions", 2)])
def test_a_token_that_expires_in_mid_run_is_renewed_once_without_a_word(
    stage: Stage, side: str, path: str, nth: int
) -> None:
    stage.install()
    sandbox = getattr(stage, side)
    sandbox.fault("expire_token", path=path, nth=nth)
    ended = stage.sync()
    assert ended.troubles == ()
    assert [call["status"] for call in sandbox.get("/calls")].count(401) == 1
    stage.assert_posted_once()


def test_a_token_that_expires_at_a_write_does_not_double_it(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("expire_token", **CREATE, nth=2)
    assert stage.sync().troubles == ()
    stage.assert_posted_once()


@pytest.mark.parametrize("side", ["acumatica", "procore"])
def test_a_401_that_persists_stops_the_connection_after_one_renewal(stage: Stage, side: str) -> None:
    stage.install()
    sandbox = getattr(stage, side)
    sandbox.fault("status", path="/entity/Default/|/rest/v1", times="always", status=401)
    trouble = broken(stage, side)
    assert "refuses our credentials, also after one renewal" in trouble
    assert "check the connection's secrets" in trouble
    statuses = [call["status"] for call in sandbox.get("/calls")]
    assert statuses.count(401) == 2
    sandbox.post("/faults", None, method="DELETE")
    stage.mended(side)
    stage.sync()
    stage.assert_posted_once()


def test_a_401_that_begins_at_the_third_bill_leaves_the_rest_ready(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", **CREATE, nth=3, times="always", status=401)
    ended = stage.sync()
    assert "refuses our credentials" in ended.troubles[0]
    assert sum(stage.bills("").values()) == 2
    assert not Record.objects.filter(state__in=["unknown", "refused", "retrying"]).exists()
    stage.acumatica.post("/faults", None, method="DELETE")
    stage.mended("acumatica")
    stage.sync()
    stage.assert_posted_once()


def test_a_403_on_one_project_is_named_and_the_others_go_on(stage: Stage) -> None:
    stage.install()
    stage.procore.fault("status", path=r"requisitions\?.*project_id=4711", times="always", status=403)
    ended = stage.sync()
    assert stage.jobs.trouble == ""
    assert stage.bills() == {"PAY APP 1 / 88002": 1, "1002": 1, "88005-2": 1}
    (trouble,) = ended.statements[0].troubles
    assert ScopeState.objects.get(key="4711").name in trouble
    assert "forbids this to our user" in trouble
    assert "grant the right there" in trouble
    assert ScopeState.objects.get(key="4711").cursor is None
    stage.procore.post("/faults", None, method="DELETE")
    assert stage.sync().statements[0].troubles == ()
    stage.assert_posted_once()


def test_a_403_on_the_bill_screen_holds_each_bill_until_it_is_replayed(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", **CREATE, times="always", status=403, body={"message": "Access denied."})
    stage.sync()
    assert not stage.bills("")
    held = Record.objects.filter(state="held", cause="not_permitted")
    assert set(held.values_list("business_number", flat=True)) >= SOUND
    assert "Access denied." in held[0].message
    assert "grant the right there" in held[0].message
    assert "replay" in held[0].message
    stage.acumatica.post("/faults", None, method="DELETE")
    replay.replay(list(held))
    stage.sync()
    stage.assert_posted_once()
