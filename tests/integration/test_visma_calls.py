"""How many calls a month of journals costs, as the sandboxes count them: three a journal, few around them."""

from __future__ import annotations

from collections import Counter

import pytest
from jobsite import EARTH, PROJECT
from visma_people import VismaPeople
from visma_world import VismaWorld

from ml_connector.hub import connections
from ml_connector.hub.models import Posting

FLOWS = ("requisitions", "direct-costs", "journals")
TOKEN, CREATE, READ, LIST, RELEASE = "tokens", "creates", "reads", "lists of journals", "releases"
MASTERS = {
    "account": "accounts", "currency": "currencies", "dimension": "segments", "financialPeriod": "posting periods",
    "project": "projects", "subaccount": "subaccounts",
}  # fmt: skip


def kind(method: str, path: str) -> str:
    """What a call is for."""
    if path.endswith("/connect/token"):
        return TOKEN
    if path.endswith("/action/release"):
        return RELEASE
    if path.endswith("/journaltransaction"):
        return CREATE if method == "POST" else LIST
    if "/journaltransaction/" in path:
        return READ
    return MASTERS[path.removeprefix("/v1/").partition("/")[0]]


def counted(visma: VismaWorld) -> Counter[str]:
    """The calls to Visma.net since the last look, by what they were for; Procore was only read meanwhile."""
    spent = Counter(kind(one["method"], one["path"]) for one in visma.visma.get("/calls"))
    assert not [one for one in visma.procore.calls() if one[0] != "GET" and not one[1].endswith("/oauth/token")]
    visma.visma.forget_calls()
    visma.procore.forget_calls()
    return spent


def fresh(visma: VismaWorld, seed: str) -> None:
    """An installation without a token and without anything known of the company, and no call counted yet."""
    visma.reset(seed)
    visma.install(FLOWS)
    connections.log_out(connections.find("visma_net"))
    visma.forget()
    counted(visma)


ONCE = Counter({TOKEN: 1, **dict.fromkeys(("accounts", "currencies", "projects", "segments"), 1), "posting periods": 2})
"""What a cycle costs that posts something, however much: periods are asked for anew at the gate."""


@pytest.mark.parametrize(("seed", "journals"), [("small", 8), ("month", 153)])
def test_a_journal_costs_a_create_a_release_and_a_share_of_a_read(
    visma: VismaWorld, seed: str, journals: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh(visma, seed)
    visma.sync(wait=0)
    spent = counted(visma)
    assert Posting.objects.count() == len(visma.ours()) == journals
    assert (spent[CREATE], spent[RELEASE]) == (journals, journals)
    assert spent[READ] + spent[LIST] <= max(6, journals // 10)
    assert Counter({name: count for name, count in spent.items() if name not in (CREATE, RELEASE, READ, LIST)}) == ONCE
    with capsys.disabled():
        total = sum(spent.values())
        print(f"\n{seed}: {journals} journals, {total} calls, {total / journals:.2f} a journal: {dict(spent)}")


def test_one_more_journal_costs_three_calls_and_two_looks(visma: VismaWorld) -> None:
    """One look for what people keyed, one poll of what became of journals; the company is known."""
    people = VismaPeople(visma)
    visma.install(FLOWS, projects=str(PROJECT))
    visma.sync()
    people.invoice(people.commitment("SC-1", EARTH), "PA-1", {"work": "1000.00", "held": "100.00"})
    visma.clock.sleep(60)
    counted(visma)
    visma.sync()
    assert visma.state("requisitions", "PA-1") == ("posted", "")
    assert counted(visma) == Counter({CREATE: 1, READ: 1, RELEASE: 1, LIST: 2})


def test_a_quiet_poll_is_one_call_and_writes_nothing_anywhere(visma: VismaWorld) -> None:
    visma.install(FLOWS)
    visma.sync()
    visma.sync()
    counted(visma)
    books, state = visma.visma.get("/books"), visma.procore.get("/state")
    for sweep in (False, False, True):
        visma.clock.sleep(1000)
        visma.sync(sweep=sweep)
        assert visma.procore.calls()
        assert counted(visma) == Counter({LIST: 1})
    assert (visma.visma.get("/books"), visma.procore.get("/state")) == (books, state)


def test_a_correction_costs_what_it_makes(visma: VismaWorld) -> None:
    """Taken back and posted anew: each batch is created, read and released.

    Two looks before it is taken back and one before it is posted anew, and the poll of what became of journals.
    """
    people = VismaPeople(visma)
    key = people.invoice(people.commitment("SC-1", EARTH), "PA-1", {"work": "1000.00", "held": "100.00"})
    visma.install(FLOWS, projects=str(PROJECT), corrections="reverse_and_repost")
    visma.sync()
    people.says(key, {"work": "800.00", "held": "80.00"})
    visma.clock.sleep(60)
    counted(visma)
    visma.sync()
    spent = counted(visma)
    assert len(people.journals("PA-1")) == 3
    assert (spent[CREATE], spent[RELEASE]) == (2, 2)
    assert spent[READ] <= 3
    assert spent[LIST] <= 4
