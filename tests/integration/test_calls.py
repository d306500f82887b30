"""How many vendor calls the work costs, as the vendors count them: the least that their APIs allow, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

import pytest
from rehearsal import Rehearsal, Sandbox, rehearsal

from ml_connector.hub import connections, syncing
from ml_connector.hub.models import Installation, Lane, Posting, Record
from ml_connector.hub.pipeline import gate
from ml_connector.hub.syncing import Ended, Wish

TOKENS = "tokens"
PROJECTS = "projects"
REQUISITIONS = "requisitions"
PREVIOUS = "previous requisitions"
CREATE = "creates"
RELEASE = "releases"
STATUS = "release status"
LOOK_UP = "look-ups by reference"
KEYED = "look-ups of hand-keyed bills"
STATE = "reads of states"
PERIODS = "posting periods"
READ = "single bills"


def kind_of(method: str, path: str, query: str) -> str:
    """What a vendor call is for; its method and path where it is none of those that are expected."""
    query = query.replace("%20", " ").replace("+", " ")
    match method, path.rsplit("/", 1)[-1]:
        case "POST", "token":
            return TOKENS
        case "GET", "projects":
            return PROJECTS
        case "GET", "requisitions":
            return PREVIOUS if "filters%5Bid%5D" in query or "filters[id]" in query else REQUISITIONS
        case "PUT", "Bill":
            return CREATE
        case "POST", "ReleaseBill":
            return RELEASE
        case "GET", "Bill":
            return LOOK_UP if "startswith" in query else KEYED if "VendorRef eq" in query else STATE
        case "GET", "FinancialPeriod":
            return PERIODS
    if "/ReleaseBill/status/" in path:
        return STATUS
    if method == "GET" and "/Bill/" in path:
        return READ
    return f"{method} {path}"


def counted(sandbox: Sandbox) -> Counter[str]:
    """The calls since the last look, by what they were for; checked against the sandbox's own counts."""
    calls = sandbox.get("/calls")
    assert len(calls) == sum(sandbox.calls().values())
    sandbox.forget_calls()
    return Counter(kind_of(call["method"], call["path"], call["query"]) for call in calls)


def poll_cost(world: Rehearsal) -> Counter[str]:
    """What a quiet poll costs: ⌈P/300⌉ + P·⌈n_p/2000⌉, with fewer than 300 projects and 2000 rows in every seed."""
    with connections.opened(world.installation.right) as (client, _):
        projects = len(client.projects())
    counted(world.procore)
    assert 1 < projects < 300
    return Counter({PROJECTS: 1, REQUISITIONS: projects})


def slices() -> int:
    """How many slices of delivering there have been."""
    return sum(Lane.objects.filter(kind="deliver").values_list("fence", flat=True))


class Measured:
    """One sync with what it cost at both vendors. `posted` are the records that it posted, adopted ones aside."""

    def __init__(self, world: Rehearsal, row: Installation, *, sweep: bool = False) -> None:
        before = set(Posting.objects.values_list("record", flat=True))
        self.ended: Ended = syncing.run(row, Wish(sweep=sweep))
        self.procore = counted(world.procore)
        self.acumatica = counted(world.acumatica)
        assert self.ended.in_flight == 0
        assert all(statement.adds_up for statement in self.ended.statements)
        self.posted = Posting.objects.exclude(kind="adopted").exclude(record__in=before).count()


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("small") as made:
        yield made


@pytest.fixture(params=["small", "month"])
def seed(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(tenant: int, sandboxes: Rehearsal, seed: str) -> Rehearsal:
    """An installed flow; what connecting, matching and mapping cost is not counted, but for the one token."""
    sandboxes.reset(seed)
    if seed == "month":  # 145 releases, a quarter second each
        sandboxes.acumatica.post("/switches", {"action_answer": "204"})
    gate._periods.clear()
    sandboxes.install_anew()
    for sandbox in (sandboxes.procore, sandboxes.acumatica):
        assert counted(sandbox)[TOKENS] == 1
    return sandboxes


def sound() -> Counter[str]:
    """The records that a first run ends with, by state and the step at which a hold stopped them."""
    return Counter(f"{state} {step}".strip() for state, step in Record.objects.values_list("state", "step"))


def test_each_bill_costs_its_writes_and_a_share_of_bulk_calls(world: Rehearsal, seed: str) -> None:
    first = Measured(world, world.installation)
    ends = sound()
    created = first.posted + Record.objects.filter(cause__in=["waits_for_approval", "vendor_inactive"]).count()
    waiting = Record.objects.filter(cause="waits_for_approval").count()
    asked = first.posted + ends["held create"] + ends["held release"]
    assert (first.posted, waiting) == {"small": (5, 1), "month": (145, 1)}[seed]
    spent = first.acumatica
    assert spent[CREATE] == created
    assert spent[RELEASE] == first.posted
    assert spent[STATUS] == (first.posted if seed == "small" else 0)
    assert spent[KEYED] == ceil(asked / 50)
    assert ceil(first.posted / 50) + waiting <= spent[STATE] <= ceil(first.posted / 50) + waiting * slices()
    assert 1 <= spent[PERIODS] <= slices()
    assert set(spent) <= {CREATE, RELEASE, STATUS, KEYED, STATE, PERIODS}
    assert first.procore == poll_cost(world)


def test_a_quiet_poll_costs_one_call_per_project_and_none_at_the_target(world: Rehearsal) -> None:
    Measured(world, world.installation)
    books = world.acumatica.get("/books")
    for _ in range(3):
        quiet = Measured(world, world.installation)
        assert quiet.procore == poll_cost(world)
        assert quiet.acumatica == Counter()
        assert quiet.posted == 0
    assert world.acumatica.get("/books") == books


def test_an_unchanged_month_that_is_read_whole_again_writes_nothing(world: Rehearsal) -> None:
    Measured(world, world.installation)
    books = world.acumatica.get("/books")
    again = Measured(world, world.installation, sweep=True)
    (statement,) = again.ended.statements
    assert statement.read == statement.count("unchanged") == Record.objects.count()
    assert again.procore == poll_cost(world)
    assert again.acumatica == Counter()
    assert world.acumatica.get("/books") == books


@pytest.mark.parametrize("seed", ["small"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "kind", "asked"),
    [("PUT", r"/Bill(\?|$)", CREATE, LOOK_UP), ("POST", "/ReleaseBill$", RELEASE, STATE)],
)
@pytest.mark.parametrize("lost", [1, 3])
def test_a_lost_answer_costs_one_look_up_and_no_second_write(
    world: Rehearsal, monkeypatch: pytest.MonkeyPatch, method: str, path: str, kind: str, asked: str, lost: int
) -> None:
    monkeypatch.setenv("ML_CONNECTOR_SETTLE_SECONDS", "1")
    world.acumatica.fault("drop_after_write", method=method, path=path, times=lost)
    row = Measured(world, world.installation)
    assert row.posted == 5
    assert (row.acumatica[CREATE], row.acumatica[RELEASE]) == (6, 5)
    usual = {LOOK_UP: 0, STATE: 2}[asked]
    most = lost if kind == CREATE else ceil(lost / 50) * lost
    assert usual < row.acumatica[asked] <= usual + most
    assert row.acumatica[STATUS] == 5 - (lost if kind == RELEASE else 0)
    assert row.acumatica[KEYED] == 1
    assert len([bill for bill in world.bills() if bill["status"] == "Open"]) == 5


@pytest.mark.parametrize("seed", ["small"], indirect=True)
def test_a_changed_requisition_costs_its_project_and_no_more(world: Rehearsal) -> None:
    Measured(world, world.installation)
    draft = Record.objects.filter(cause="not_approved").order_by("pk")[0]
    world.procore.post("/act", {"action": "approve", "kind": "requisition", "id": int(draft.source_key)})
    later = Measured(world, world.installation)
    assert later.posted <= 1
    assert later.procore - poll_cost(world) in (Counter(), Counter({PREVIOUS: 1}))
    assert sum(later.acumatica.values()) <= 6


def test_every_kind_of_call_is_told_apart() -> None:
    assert kind_of("GET", "/inst/entity/Default/24.200.001/Vendor", "") == "GET /inst/entity/Default/24.200.001/Vendor"
    assert kind_of("GET", "/inst/entity/Default/24.200.001/Bill/Bill/000001", "") == READ
