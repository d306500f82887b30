"""How many calls Procore and SAP Business One cost, as the sandboxes count them: one session, bulk calls, no more."""

from __future__ import annotations

from collections import Counter
from functools import partial
from math import ceil

import pytest
from jobsite import EARTH
from sap_people import SapPeople
from sap_world import NAME, RULES, SapWorld

from ml_connector.hub import connections, installations, lanes, sessions, syncing, working
from ml_connector.hub.models import Installation, Lane, Posting, Record
from ml_connector.integrations.catalogue import INTEGRATIONS

NEW = {"cut_over": "2026-01-01", "earlier_commitments": "accrual", "treatment": "purchase_order"}
"""No commitment has to be there before its requisitions."""
PAPERS = ("requisitions", "direct-costs")
BULK = 50
SHORT = 0.05
"""Seconds of a slice that ends before a cycle's work is done."""
LOGIN, LOGOUT, BATCH = "log-ins", "log-outs", "batches"
SETTINGS, ACCOUNTS, CENTERS, PROJECTS, CURRENCIES = "settings", "accounts", "centres", "projects", "currencies"
VENDORS, PERIODS, KEYED = "vendors", "posting periods", "look-ups of what people booked"
KINDS = {
    "Login": LOGIN, "Logout": LOGOUT, "$batch": BATCH, "CompanyService_GetAdminInfo": SETTINGS,
    "ChartOfAccounts": ACCOUNTS, "ProfitCenters": CENTERS, "Projects": PROJECTS, "Currencies": CURRENCIES,
    "BusinessPartners": VENDORS, "CompanyService_GetPeriods": PERIODS, "CompanyService_GetFinancePeriods": PERIODS,
    "JournalEntries": KEYED, "PurchaseInvoices": KEYED,
}  # fmt: skip
"""What a call is for, by the end of its path; another one is told by method and path."""
ONCE = Counter({LOGIN: 1, LOGOUT: 1, SETTINGS: 1, ACCOUNTS: 1, CENTERS: 1, PROJECTS: 1, CURRENCIES: 1, PERIODS: 2})
"""What a cycle costs that posts something, however much; posting periods are asked for by two services."""


@pytest.fixture(params=["small", "month"])
def seed(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def install(sap: SapWorld, *flows: str, seed: str = "small", **rules: str) -> None:
    """An installation that nobody is logged in for, and no call counted yet."""
    sap.reset(seed)
    sap.install(flows, **{**NEW, **rules})
    fresh(sap)


def fresh(sap: SapWorld) -> None:
    """The session ends, and calls are counted anew."""
    connections.log_out(connections.find("sap_b1"))
    sap.sap.forget_calls()
    sap.procore.forget_calls()


def counted(sap: SapWorld) -> Counter[str]:
    """The calls to SAP since the last look, by what they were for; nothing was written to Procore with them."""
    calls = sap.sap.get("/calls")
    assert len(calls) == sum(sap.sap.calls().values())
    assert written_to_procore(sap) == []
    sap.sap.forget_calls()
    sap.procore.forget_calls()
    return Counter(KINDS.get(call["path"].rsplit("/", 1)[-1], f"{call['method']} {call['path']}") for call in calls)


def written_to_procore(sap: SapWorld) -> list[tuple[str, str]]:
    """Calls to Procore that are no reads and no log-ins."""
    return [call for call in sap.procore.calls() if call[0] != "GET" and not call[1].endswith("/oauth/token")]


def slices() -> int:
    """How many slices of delivering there have been."""
    return sum(Lane.objects.filter(kind="deliver").values_list("fence", flat=True))


def test_each_document_costs_a_share_of_a_batch_and_masters_are_read_once(
    sap: SapWorld, seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install(sap, *PAPERS, seed=seed)
    sap.sync(wait=0)
    spent, posted = counted(sap), Posting.objects.count()
    by_flow = Counter(Posting.objects.values_list("record__flow", flat=True))
    least = sum(ceil(documents / BULK) for documents in by_flow.values())
    assert posted == {"small": 9, "month": 154}[seed]
    assert spent[BATCH] == least == {"small": 2, "month": 4}[seed]
    assert spent[VENDORS] <= spent[BATCH]
    assert spent[KEYED] <= 2 * (least + 1)
    assert spent - Counter({one: spent[one] for one in (BATCH, VENDORS, KEYED)}) == ONCE
    with capsys.disabled():
        total = sum(spent.values())
        print(f"\n{seed}: {posted} documents, {total} calls, {total / posted:.2f} a document: {dict(spent)}")


def test_vendors_are_asked_for_once(sap: SapWorld) -> None:
    install(sap, *PAPERS, seed="month")
    sap.sync(wait=0)
    asked = [
        part.split("%27")[0] for call in sap.sap.get("/calls") if call["path"].endswith("/BusinessPartners")
        for part in call["query"].split("CardCode+eq+%27")[1:]
    ]  # fmt: skip
    assert len(asked) == len(set(asked)) > 50


@pytest.mark.parametrize("treatment", ["invoice_clearing", "journal_clearing", "purchase_order"])
def test_all_flows_and_slices_of_a_cycle_share_one_session(
    sap: SapWorld, treatment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = SapPeople(sap)
    sap.reset()
    signed = people.commitment("SC-1", EARTH, contract_date="2026-01-05")
    people.change(signed, "CO-1", (EARTH, "500.00"))
    people.invoice(signed, "PA-1", {"work": "1000.00", "held": "100.00"})
    sap.install(**{**NEW, "treatment": treatment})
    fresh(sap)
    monkeypatch.setattr(syncing, "work", partial(working.work, seconds=SHORT))
    before = slices()
    sap.sync()
    sessions.end_all()  # as every command does
    assert slices() - before >= 2
    spent = counted(sap)
    assert len(people.documents("PA-1")) == len(people.documents("SC-1/CO-1")) == 1
    assert (spent[LOGIN], spent[LOGOUT]) == (1, 1)
    for kind in (SETTINGS, ACCOUNTS, CENTERS, PROJECTS, CURRENCIES):
        assert spent[kind] == 1
    assert sap.sap.get("/sessions") == []


def test_a_quiet_cycle_asks_nothing_of_sap_and_writes_nothing_anywhere(sap: SapWorld) -> None:
    install(sap)
    sap.sync()
    counted(sap)
    books, state = sap.sap.get("/books"), sap.procore.get("/state")
    for sweep in (False, False, True):
        sap.sync(sweep=sweep)
        assert sap.procore.calls()
        assert counted(sap) == Counter()
    assert (sap.sap.get("/books"), sap.procore.get("/state")) == (books, state)


def test_a_second_installation_on_the_connection_shares_the_session(sap: SapWorld) -> None:
    install(sap, "direct-costs")
    first = sap.installation
    other = second(sap, first, "requisitions")
    fresh(sap)
    (deliver,) = lanes.of_connection(first.right_id)
    for row in (first, other):
        (reading,) = [state for state in installations.flow_states(row) if state.enabled]
        assert working.work(lanes.read_key(reading.pk)).walked
        working.work(deliver.key, seconds=SHORT)
    while Record.objects.filter(state__in=("new", "ready", "sending")).exists():
        working.work(deliver.key, seconds=SHORT)
    sessions.end_all()
    spent = counted(sap)
    assert (spent[LOGIN], spent[LOGOUT], spent[ACCOUNTS]) == (1, 1, 1)
    assert Counter(Posting.objects.values_list("record__installation", flat=True)) == {first.pk: 2, other.pk: 7}


def second(sap: SapWorld, first: Installation, flow: str) -> Installation:
    """Another installation of the same connections, with rules, tables and matches of its own."""
    row = installations.create(INTEGRATIONS[NAME], first.left, first.right)
    installations.set_rules(row, {**RULES, **NEW})
    for name in ("projects", "coding"):
        sap.fill(row, name)
    sap.match(row, (flow,))
    installations.enable(row, flow)
    return installations.find(row.pk)
