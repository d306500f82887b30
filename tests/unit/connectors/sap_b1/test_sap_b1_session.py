"""One session for all, renewed when it is over, logged out at the end; what a log-in may be refused for."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from msgspec import structs
from sap_server import BASE, SESSION_OVER, Server, bill, fault, journal

from ml_connector import points
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context, MemoryTokens, Token
from ml_connector.connectors.kit.outcomes import Done
from ml_connector.connectors.sap_b1 import company
from ml_connector.connectors.sap_b1.client import Query, SapClient
from ml_connector.connectors.sap_b1.documents import create
from ml_connector.connectors.sap_b1.masters import projects
from ml_connector.connectors.sap_b1.reversal import STEPS
from ml_connector.connectors.sap_b1.stored import look_up


def once(
    answer: httpx2.Response | Exception, end: str
) -> Callable[[httpx2.Request], httpx2.Response | Exception | None]:
    """Answers the first request whose path ends so."""
    left = [answer]
    return lambda request: left.pop() if left and request.url.path.endswith(end) else None


def test_one_login_serves_all_clients_of_a_connection_and_is_logged_out(form: Context, server: Server) -> None:
    first, second = SapClient(form, transport=server.transport), SapClient(form, transport=server.transport)
    assert [one.number for one in projects(first)] == [one.number for one in projects(second)]
    assert server.logins == 1 and len(server.sessions) == 1
    assert server.asked("GET", "Projects")[-1].headers["Cookie"] == "B1SESSION=session-1; ROUTEID=.node1"
    second.log_out()
    assert server.sessions == set() and form.tokens.read() is None
    second.log_out()
    assert len(server.asked("POST", "/Logout")) == 1


def test_an_idle_session_is_never_renewed_by_time_alone(client: SapClient, server: Server, clock: Any) -> None:
    projects(client)
    clock.advance(timedelta(days=400).total_seconds())
    projects(client)
    assert server.logins == 1


@pytest.mark.parametrize(
    "answer",
    [
        fault(401, 301, SESSION_OVER),
        fault(401, 301, SESSION_OVER, "v1"),
        fault(401, -5002, SESSION_OVER),
        fault(400, -5002, "You are not connected to a company"),
        fault(500, 301, SESSION_OVER),
    ],
)
def test_a_session_that_is_over_is_renewed_once_and_the_write_repeated(
    client: SapClient, server: Server, answer: httpx2.Response
) -> None:
    projects(client)
    server.refuse = once(answer, "PurchaseInvoices")
    (done,) = create(client, [bill()])
    assert isinstance(done, Done) and server.logins == 2
    assert len(server.sessions) == 1, "the session that was refused is closed, if it was open all the same"
    assert len(server.tables["PurchaseInvoices"]) == 1


def test_minus_5002_about_data_is_no_lost_session(client: SapClient, server: Server) -> None:
    server.refuse_document = lambda entity, body: fault(400, -5002, "Enter valid code  [PCH1.OcrCode][line: 1]")
    create(client, [bill()])
    assert server.logins == 1 and len(server.asked("POST", "PurchaseInvoices")) == 1


def test_a_session_that_dies_within_a_batch_loses_nothing(client: SapClient, server: Server) -> None:
    refusals = iter([None, fault(401, 301, SESSION_OVER)])
    server.refuse_document = lambda entity, body: next(refusals, None)
    outcomes = create(client, [bill(1), bill(2), bill(3)])
    assert [type(one).__name__ for one in outcomes] == ["Done", "NotRun", "NotRun"]
    outcomes = create(client, [bill(2), bill(3)])
    assert [type(one).__name__ for one in outcomes] == ["Done", "Done"]
    assert len(server.tables["PurchaseInvoices"]) == 3


def test_a_session_that_dies_before_any_call_changes_nothing(form: Context) -> None:
    def month(server: Server) -> list[str]:
        """Documents posted alone and together, looked up, read and taken back: what is in the books afterwards."""
        client = SapClient(form, transport=server.transport)
        items = [bill(1), journal(2), bill(3)]
        for some in ([bill(1)], [journal(2), bill(3)]):
            assert all(isinstance(outcome, Done) for outcome in create(client, some))
        found = look_up(client, items)
        assert all(isinstance(one, Done) for one in found)
        back = structs.replace(journal(2), key=found[1].key, number=found[1].number)  # type: ignore[union-attr]
        for step in STEPS:
            (outcome,) = step.run(client, [back])
            assert isinstance(outcome, Done)
            back = structs.replace(back, memo={**back.memo, **outcome.memo})
        client.log_out()
        assert server.sessions == set()
        return [f"{name}: {row.get('U_MlcRef')}" for name, rows in server.tables.items() for row in rows]

    whole = Server()
    expected = month(whole)
    for place in range(1, len(whole.requests)):
        company._known.clear()
        company._known_periods.clear()
        server, passed = Server(), count()

        def dies(request: httpx2.Request, server: Server = server, passed: Any = passed, place: int = place) -> None:
            if next(passed) == place:
                server.sessions.clear()

        server.refuse = dies
        assert month(server) == expected, f"died before call {place}"


def test_a_session_refused_at_once_stops_and_leaves_none_open(client: SapClient, server: Server) -> None:
    server.refuse = lambda request: fault(401, 301, SESSION_OVER) if request.url.path.endswith("Projects") else None
    with pytest.raises(errors.BadCredentials):
        projects(client)
    assert server.logins == 2 and server.sessions == set() and client.context.tokens.read() is None


def test_wrong_company_password_and_a_locked_user_are_told_and_tried_once(
    opened: Callable[..., SapClient], server: Server
) -> None:
    for settings, words in (
        ({"company_db": "SBOX"}, "'SBOX' is not known"),
        ({"password": "no"}, "check user 'connector'"),
    ):
        with pytest.raises(errors.BadCredentials, match=words):
            projects(opened(**settings))
    server.refuse = once(fault(401, 100000028, "User is locked"), "/Login")
    with pytest.raises(errors.BadCredentials, match="unlocked"):
        projects(opened())
    assert len(server.asked("POST", "/Login")) == 3 and server.asked("POST", "/Logout") == []


def test_the_password_never_shows(client: SapClient, server: Server) -> None:
    projects(client)
    assert "s3cret" not in repr(client) + repr(client.context) and "session-1" not in repr(client.context.tokens.read())


def test_a_lost_login_answer_is_tried_later(client: SapClient, server: Server) -> None:
    server.refuse = once(httpx2.ReadTimeout("no answer"), "/Login")
    with pytest.raises(errors.TryLater, match="it ends there by itself"):
        projects(client)
    assert len(server.asked("POST", "/Login")) == 1


@pytest.mark.parametrize("end", ["/Login", "Projects", "PurchaseInvoices"])
def test_a_company_that_cannot_be_opened_is_tried_again_with_pauses(
    client: SapClient, server: Server, clock: Any, end: str
) -> None:
    server.refuse = once(fault(500, 305, "Switch company error: -1102", "v1"), end)
    create(client, [bill()])
    projects(client)
    assert clock.slept == [0.5] and len(server.tables["PurchaseInvoices"]) == 1


def test_a_company_that_cannot_be_opened_at_all_is_tried_later(client: SapClient, server: Server) -> None:
    server.refuse = lambda request: fault(500, 305, "Switch company error: -1102")
    with pytest.raises(errors.TryLater):
        projects(client)
    assert len(server.requests) == 3


def test_something_else_at_the_address_is_told(client: SapClient, server: Server) -> None:
    server.refuse = lambda request: httpx2.Response(404, html="<html>nginx</html>")
    with pytest.raises(errors.BadConfiguration, match="no Service Layer"):
        projects(client)


@pytest.mark.parametrize(
    ("code", "said", "advice"),
    [
        (10, "certificate has expired", "renewed"),
        (18, "self-signed certificate", "authority"),
        (62, "Hostname mismatch, certificate is not valid for 'sap'", "name"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_told_clearly(
    client: SapClient, server: Server, code: int, said: str, advice: str
) -> None:
    wrong = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    wrong.verify_code, wrong.verify_message = code, said
    error = httpx2.ConnectError("failed")
    error.__cause__ = wrong
    server.refuse = lambda request: error
    with pytest.raises(errors.BadConfiguration) as told:
        projects(client)
    assert said in told.value.message and advice in told.value.message and "nothing was sent" in told.value.message


def test_pages_are_walked_with_their_own_question(client: SapClient, server: Server) -> None:
    rows = client.everything("ChartOfAccounts", Query(select=("Code",), order="Code"))
    assert len(rows) == 6 and len(server.asked("GET", "ChartOfAccounts")) == 2
    for asked in server.asked("GET", "ChartOfAccounts"):
        assert asked.headers["Prefer"] == "odata.maxpagesize=3" and asked.url.params["$orderby"] == "Code"


@pytest.mark.parametrize("link", ["Projects?$skip=1", "/b1s/v2/Projects?$skip=1", f"{BASE}/b1s/v2/Projects?$skip=1"])
def test_next_links_may_be_relative_rooted_or_absolute(client: SapClient, server: Server, link: str) -> None:
    first = {"value": [{"Code": "A"}], "@odata.nextLink": link}
    server.refuse = once(httpx2.Response(200, json=first), "Projects")
    assert [row["Code"] for row in client.find("Projects", Query())] == ["A", "P-OFF", "P-LATE"]


def test_pages_that_lead_nowhere_end(client: SapClient, server: Server) -> None:
    same = {"value": [{"Code": "A"}], "@odata.nextLink": "Projects?$skip=1"}
    server.refuse = lambda request: httpx2.Response(200, json=same) if request.url.path.endswith("Projects") else None
    with pytest.raises(errors.Unreadable):
        client.find("Projects", Query())


def test_half_an_answer_is_read_again_and_then_left_for_later(client: SapClient, server: Server) -> None:
    half = httpx2.Response(200, content=b'{"value": [{"Code": "P-')
    server.refuse = once(half, "Projects")
    assert len(projects(client)) == 3
    server.refuse = lambda request: half if request.url.path.endswith("Projects") else None
    with pytest.raises(errors.TryLater):
        projects(client)


class DurableTokens(MemoryTokens):
    """Tokens that others can read only when `exclusive` is over, as with a transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.committed: Token | None = None

    @contextmanager
    def exclusive(self) -> Iterator[Token | None]:
        with super().exclusive() as stored:
            yield stored
        self.committed = self.read()


def test_a_login_is_over_only_when_its_session_can_be_logged_out_by_others(
    form: Context, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = form.tokens = DurableTokens()
    passed: dict[str, Token | None] = {}
    order = count()
    monkeypatch.setattr(points, "reach", lambda name: passed.__setitem__(f"{next(order)} {name}", tokens.committed))
    projects(SapClient(form, transport=server.transport))
    after = {name.split(" ", 1)[1]: token for name, token in passed.items()}
    assert after["call.sap_b1.session.log_in.before"] is None
    stored = after["call.sap_b1.session.log_in.after"]
    assert stored is not None and stored.access == "session-1"
    assert list(after)[-1] == "call.sap_b1.projects.list.after"
