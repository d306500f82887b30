"""SAP Business One: wrong address, company, user or certificate: the connection stops once and says what to check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sap_stage import SapStage
from sap_world import SapWorld, sap_world
from tls_door import tls_door

from certificates import certificate
from ml_connector.connectors.kit import errors
from ml_connector.hub import accruals, clocks, connections
from ml_connector.hub.models import AuditEntry, Record
from ml_connector.hub.problems import WrongUse


@pytest.fixture(scope="module")
def running() -> Iterator[SapWorld]:
    with sap_world() as world:
        yield world


@pytest.fixture
def sap(tenant: int, running: SapWorld, monkeypatch: pytest.MonkeyPatch) -> SapStage:
    monkeypatch.setattr(clocks, "clock", lambda: running.clock)
    made = SapStage(running)
    made.install()
    return made


def stopped(sap: SapStage, *words: str) -> None:
    """Two syncs against a broken connection: nothing is posted, one log-in at most, told once, in these words."""
    first = sap.sync()
    trouble = sap.erp.trouble
    assert first.troubles == (trouble,)
    assert sap.sync().troubles == (trouble,)
    assert sap.logins <= 1
    assert sap.posted() == {}
    assert AuditEntry.objects.filter(action="connection.broken").count() == 1
    assert set(Record.objects.exclude(state="held").values_list("state", flat=True)) == {"ready"}
    for word in words:
        assert word in trouble


def well_after(sap: SapStage, **settings: str) -> None:
    """A person corrects the connection; everything goes."""
    connections.change(sap.erp, settings)
    sap.sync()
    sap.assert_posted_once()


def test_a_wrong_company_database_stops_the_connection_and_names_it(sap: SapStage) -> None:
    good = str(sap.sap.ready["company_db"])
    connections.change(sap.erp, {"company_db": "SBOWRONG"})
    stopped(sap, "company database 'SBOWRONG'", "ml-connector ping")
    well_after(sap, company_db=good)


def test_an_old_release_that_does_not_know_the_company_says_so(sap: SapStage) -> None:
    good = str(sap.sap.ready["company_db"])
    sap.switch(bad_login_code="-304")
    connections.change(sap.erp, {"company_db": "SBOWRONG"})
    stopped(sap, "company database 'SBOWRONG' is not known there", "check company_db")
    well_after(sap, company_db=good)


def test_a_wrong_password_is_tried_once_and_locks_nobody(sap: SapStage) -> None:
    good, user = str(sap.sap.ready["password"]), str(sap.sap.ready["username"])
    sap.switch(wrong_passwords=2)
    connections.change(sap.erp, {"password": "wrong-one"})
    stopped(sap, f"user {user!r}", "its password", "not tried again")
    assert "wrong-one" not in sap.erp.trouble
    for _ in range(3):  # nor by any other command
        with pytest.raises(errors.BadCredentials, match="tried again after 'ml-connector ping"):
            accruals.of_installation(sap.world.installation, None)
    assert sap.logins == 1
    well_after(sap, password=good)


def test_a_locked_user_is_not_tried_again_before_somebody_says_so(sap: SapStage) -> None:
    user = str(sap.sap.ready["username"])
    sap.act("lock_user", user=user)
    stopped(sap, "is it locked there?")
    sap.act("unlock_user", user=user)
    sap.mended()
    sap.sync()
    sap.assert_posted_once()


def test_an_address_that_is_no_service_layer_is_told(sap: SapStage) -> None:
    good = str(sap.sap.ready["base_url"])
    host = urlsplit(good).netloc
    connections.change(sap.erp, {"base_url": f"http://{host}/erp"})
    stopped(sap, "is no Service Layer", "check base_url")
    well_after(sap, base_url=good)


def test_an_address_where_nobody_answers_is_tried_later(sap: SapStage) -> None:
    good = str(sap.sap.ready["base_url"])
    connections.change(sap.erp, {"base_url": "http://127.0.0.1:9"})
    (trouble,) = sap.sync(wait=0).troubles
    assert "unreachable" in trouble
    assert "check the address and the network" in trouble
    assert sap.erp.trouble == ""
    well_after(sap, base_url=good)


@pytest.mark.parametrize("end", ["", "/b1s/v1/", "/b1s/v2"])
def test_the_address_may_be_written_in_any_usual_way(sap: SapStage, end: str) -> None:
    host = urlsplit(str(sap.sap.ready["base_url"])).netloc
    well_after(sap, base_url=f"http://{host}{end}")


def test_an_address_with_more_behind_it_is_refused_before_any_call(sap: SapStage) -> None:
    with pytest.raises(WrongUse, match="nothing behind it"):
        connections.change(sap.erp, {"base_url": f"{sap.sap.ready['base_url']}/Login"})
    assert sap.sap.get("/calls") == []


@pytest.mark.parametrize(
    ("days", "trusted", "words"),
    [(-5, True, "have it renewed there"), (20, False, "enter the authority that signed it")],
)
def test_a_certificate_that_is_expired_or_signed_by_itself_stops_the_connection(
    sap: SapStage, tmp_path: Path, days: int, trusted: bool, words: str
) -> None:
    made = certificate(tmp_path, days=days)
    good, port = str(sap.sap.ready["base_url"]), urlsplit(str(sap.sap.ready["base_url"])).port
    assert port is not None
    with tls_door(made, port) as address:
        connections.change(sap.erp, {"base_url": address, "ca_file": str(made) if trusted else ""})
        stopped(sap, "its certificate is not accepted", "nothing was sent", words)
    assert sap.sap.get("/calls") == []
    well_after(sap, base_url=good, ca_file="")


def test_a_certificate_of_the_companys_own_is_accepted_when_it_is_entered_or_not_looked_at(
    sap: SapStage, tmp_path: Path
) -> None:
    made = certificate(tmp_path, days=20)
    port = urlsplit(str(sap.sap.ready["base_url"])).port
    assert port is not None
    with tls_door(made, port) as address:
        connections.change(sap.erp, {"base_url": address, "verify": "no"})
        steps = {step.name: step for step in connections.ping(sap.erp)}
        assert "its certificate is not checked" in steps["reachable"].found
        well_after(sap, verify="yes", ca_file=str(made))
