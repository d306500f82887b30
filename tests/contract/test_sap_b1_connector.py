"""The SAP Business One connector against the sandbox, over HTTP, in both versions of the Service Layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from sap_b1_over_http import Instance, instance

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import PingStatus
from ml_connector.connectors.kit.outcomes import Absent, Done, Held, NotRun, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1 import connector
from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.connectors.sap_b1.connector import documents, sap_b1
from ml_connector.records.documents import Bill, BillLine, PurchaseOrder
from ml_connector.records.journals import Journal, JournalLine, Role

DAY = date(2026, 1, 31)
CLEARING, ACCRUAL, COST = "20600", "20500", "54000"
(CREATE,) = documents.steps
CHECK, TAKE_BACK, CONFIRM = documents.reversal


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture(params=["v2", "v1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(running: Instance, version: str) -> Iterator[SapClient]:
    running.order("/reset", {"seed": "small"})
    found = opened(running, version)
    assert sap_b1.prepare is not None
    sap_b1.prepare(found)
    yield found
    found.log_out()
    found.close()
    assert running.control.get("/sessions").json() == []


def opened(running: Instance, version: str = "v2", **settings: str) -> SapClient:
    ready = running.ready
    form = {name: ready[name] for name in ("company_db", "username", "password")} | {"tax_code": "EX"}
    form |= {"base_url": f"{running.host}/b1s/{version}"} | settings
    assert sap_b1.check(form) == []
    return SapClient(Context(connection="C-1", settings=form))


def bill(number: int, amount: str = "1250.50", **changes: Any) -> Item:
    line = BillLine(
        account=CLEARING, subaccount="", project="P-24-011", task="", cost_code="", amount=Decimal(amount),
        text="Slab", center="ADMIN", source=f"line:{number}",
    )  # fmt: skip
    document = Bill(
        reference=f"ML-BBBBBBBBBB{number:02d}-1", vendor="V10001", number=f"SC-{number}", date=DAY, period="2026-01",
        currency="USD", text="Subcontract", total=line.amount, tax=Decimal(0), lines=(line,), source="commitment:7731",
        order="commitment:7731",
    )  # fmt: skip
    return item(structs.replace(document, **changes))


def order(number: int) -> Item:
    meant = bill(number).document
    return item(PurchaseOrder(**{name: getattr(meant, name) for name in PurchaseOrder.__struct_fields__}))


def journal(number: int, amount: str = "830.25", **changes: Any) -> Item:
    cost = JournalLine(account=COST, amount=Decimal(amount), text="Work", project="P-24-011", center="ADMIN")
    accrual = JournalLine(account=ACCRUAL, amount=-Decimal(amount), text="Work", role=Role.OFFSET)
    document = Journal(
        reference=f"ML-JJJJJJJJJJ{number:02d}-1", number=f"REQ-{number}", date=DAY, period="2026-01", currency="USD",
        text="Requisition", lines=(cost, accrual), vendor="V10001", source="requisition:5521", order="commitment:7731",
    )  # fmt: skip
    return item(structs.replace(document, **changes))


def item(document: Any) -> Item:
    return Item(reference=document.reference, document=document)


def posted(client: SapClient, *items: Item) -> list[Item]:
    assert documents.examine is not None and documents.compare is not None
    assert documents.examine(client, items) == [None] * len(items)
    found = []
    for one, outcome in zip(items, CREATE.run(client, items), strict=True):
        assert isinstance(outcome, Done), outcome
        assert documents.compare(one.document, outcome.stored) == []
        found.append(structs.replace(one, key=outcome.key, number=outcome.number))
    return found


def taken_back(client: SapClient, one: Item) -> Item:
    for step in documents.reversal:
        if step.needed is None or step.needed(one):
            (outcome,) = step.run(client, [one])
            assert isinstance(outcome, Done), outcome
            one = structs.replace(one, memo={**one.memo, **outcome.memo})
    return one


def balances(running: Instance) -> Counter[tuple[str, str, str]]:
    """What the ledger holds by account, project and profit centre, of ours alone."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for entry in running.control.get("/state").json()["JournalEntries"]:
        for line in entry["JournalEntryLines"]:
            if line["AccountCode"] in (CLEARING, ACCRUAL, COST):
                place = (line["AccountCode"], line.get("ProjectCode") or "", line.get("CostingCode") or "")
                totals[place] += Decimal(str(line["Debit"])) - Decimal(str(line["Credit"]))  # type: ignore[assignment]
    return totals


def test_a_prepared_connection_pings_well(client: SapClient) -> None:
    assert [step.name for step in sap_b1.ping(client) if step.status is PingStatus.FAILED] == []


def test_documents_of_every_kind_are_posted_found_and_read(client: SapClient, running: Instance) -> None:
    before = balances(running)
    items = [bill(1), journal(2), order(3), bill(4, credit=True), journal(5, "500", currency="EUR")]
    found = posted(client, *items, bill(6, "77.70", currency="EUR"))
    moved = balances(running)
    moved.subtract(before)
    cost, accrued = moved[COST, "P-24-011", "ADMIN"], moved[ACCRUAL, "", ""]
    assert cost == -accrued and cost > Decimal("830.25"), "the second journal is in another currency"
    assert CREATE.look_up is not None and documents.read is not None and documents.find_keyed is not None
    looked = CREATE.look_up(client, [*items, bill(7), journal(8)])
    assert [type(one) for one in looked] == [Done] * 5 + [Absent] * 2
    assert [one.key for one in looked if isinstance(one, Done)] == [one.key for one in found[:5]]
    assert [one.memo for one in documents.read(client, found) if isinstance(one, Done)] == [{}] * 6
    (mine,) = documents.find_keyed(client, [structs.replace(bill(1), reference="ML-OTHER-1")])
    assert [one.reference for one in mine] == [bill(1).reference]


def test_what_is_taken_back_leaves_the_ledger_as_it_was(client: SapClient, running: Instance) -> None:
    before = balances(running)
    for one in posted(client, bill(1), journal(2), order(3), bill(4, credit=True)):
        back = taken_back(client, one)
        assert documents.read is not None
        if not isinstance(one.document, PurchaseOrder):
            (now,) = documents.read(client, [one])
            assert isinstance(now, Done) and now.memo["reversal"] == back.memo["reversal"]
            other = Item(reference=one.reference, document=one.document.reversed(), number=now.memo["reversal"])
            (found,) = documents.read(client, [other])
            assert isinstance(found, Done) and found.stored.total == one.document.total
    moved = balances(running)
    moved.subtract(before)
    assert not any(moved.values())


def test_a_lost_session_in_the_seeds_words_loses_nothing(client: SapClient, running: Instance) -> None:
    running.switch(expired_code="-5002")
    for number in (1, 3):
        running.act("expire_sessions")
        posted(client, bill(number), journal(number + 1))
    assert len(running.control.get("/sessions").json()) == 1


def test_a_lost_answer_is_found(client: SapClient, running: Instance) -> None:
    match = {"method": "POST", "path": r".*/\$batch"}
    running.order("/faults", {"match": match, "effect": "drop_after_write", "times": 1})
    with pytest.raises(errors.AnswerLost):
        CREATE.run(client, [bill(1), journal(2)])
    assert CREATE.look_up is not None
    assert [type(one) for one in CREATE.look_up(client, [bill(1), journal(2), bill(3)])] == [Done, Done, Absent]


def test_behind_a_refused_document_nothing_was_run(client: SapClient) -> None:
    line = structs.replace(bill(2).document.lines[0], center="PC-NOPE")
    outcomes = CREATE.run(client, [bill(1), bill(2, lines=(line,)), bill(3)])
    assert [type(one) for one in outcomes] == [Done, Refused, NotRun]
    cent = structs.replace(journal(4).document.lines[1], amount=Decimal("-830.24"))
    (refused,) = CREATE.run(client, [journal(4, lines=(journal(4).document.lines[0], cent))])
    assert isinstance(refused, Refused) and "nbalanced" in refused.message


def test_a_document_that_waits_for_approval_is_posted_once(client: SapClient, running: Instance) -> None:
    running.switch(approval_over=1000)
    outcomes = CREATE.run(client, [bill(1), bill(2, "10.00")])
    assert isinstance(outcomes[0], Held) and outcomes[0].cause == "waits_for_approval" and outcomes[1] == NotRun()
    (draft,) = running.control.get("/state").json()["Drafts"]
    running.act("approve", draft=draft["DocEntry"])
    assert CREATE.look_up is not None
    (found,) = CREATE.look_up(client, [bill(1)])
    assert isinstance(found, Done) and found.stored.total == Decimal("1250.50")


def test_what_people_do_there_is_told(client: SapClient, running: Instance) -> None:
    paid, voided, entry = posted(client, bill(1), bill(2), journal(3))
    running.act("pay", number=paid.number, amount=100)
    running.act("void", number=voided.number)
    running.act("void", number=entry.number, kind="journal")
    (held,) = CHECK.run(client, [paid])
    assert isinstance(held, Held) and held.cause == "paid_there"
    assert documents.read is not None
    first, second = documents.read(client, [voided, entry])
    assert isinstance(first, Done) and first.memo["reversal"].startswith("invoice cancellation ")
    assert isinstance(second, Done) and second.memo["reversal"]


def test_uncleared_lines_name_commitment_and_vendor(client: SapClient) -> None:
    first, _ = posted(client, bill(1), bill(2, "99.00"))
    taken_back(client, first)
    lines = [one for one in connector.clearing_lines(client, CLEARING, date(2026, 1, 1)) if one.source]
    assert [(one.amount, one.order, one.vendor) for one in lines] == [
        (Decimal(amount), "commitment:7731", "V10001") for amount in ("1250.50", "99.00", "-1250.50")
    ]


def test_a_removed_field_and_one_that_is_not_shown_yet_stop_everything(running: Instance, version: str) -> None:
    running.order("/reset", {"seed": "small"})
    running.switch(new_udf_needs_restart=True)
    found = opened(running, version)
    assert sap_b1.prepare is not None
    for _ in range(2):
        with pytest.raises(errors.BadConfiguration, match="connection prepare C-1"):
            CREATE.run(found, [bill(1)])
        assert any("restarted" in words for words in sap_b1.prepare(found))
    running.act("restart_service")
    assert not any("restarted" in words for words in sap_b1.prepare(found))
    posted(found, bill(1))
    found.log_out()


def test_wrong_credentials_and_a_locked_user_leave_no_session(running: Instance, version: str) -> None:
    running.order("/reset", {"seed": "small"})
    for settings in ({"company_db": "SBOX"}, {"password": "no"}):
        with pytest.raises(errors.BadCredentials, match="company database"):
            connector.projects(opened(running, version, **settings))
    running.act("lock_user", user=running.ready["username"])
    with pytest.raises(errors.BadCredentials, match="lock"):
        connector.projects(opened(running, version))
    assert running.control.get("/sessions").json() == []
