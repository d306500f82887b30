"""Visma.net: journals that are refused, stored otherwise than meant, or cannot be released: none lost, none twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from visma_people import net
from visma_stage import NUMBER, VismaStage
from visma_world import VismaWorld

from ml_connector.connectors.visma_net import entries
from ml_connector.hub.models import Record

CREATE, RELEASE = r"/journaltransaction$", r"/action/release$"
COST = {"54000 HARBOR1/02/011/02-300": "1000.00", "20100": "-100.00", "20500": "-900.00"}


@pytest.fixture
def stage(visma: VismaWorld) -> VismaStage:
    return VismaStage(visma)


def waits(stage: VismaStage, state: str, cause: str, *words: str) -> Record:
    """The requisition waits for a person, with a sentence in these words, and counts nowhere."""
    found = stage.record
    assert (found.state, found.cause) == (state, cause), found.message
    for word in words:
        assert word in found.message, found.message
    assert "Posted" not in [row["status"] for row in stage.people.journals(NUMBER)]
    return found


def goes(stage: VismaStage) -> None:
    """A person has put it right, and replays the record."""
    stage.world.replayed(stage.record)
    stage.world.sync()
    stage.posted_once()
    assert net(stage.people.ledger(NUMBER)) == COST


def sent_otherwise(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """We send lines that we should not: `changes` are put into the first one, with None for what is left out."""
    real = entries.body

    def wrong(*given: Any) -> dict[str, Any]:
        body = real(*given)
        first = {name: value for name, value in {**body["journalTransactionLines"][0], **changes}.items() if value}
        return body | {"journalTransactionLines": [first, *body["journalTransactionLines"][1:]]}

    monkeypatch.setattr(entries, "body", wrong)


def others_posted(stage: VismaStage) -> None:
    """What is sound of the project was posted all the same."""
    assert Record.objects.filter(state="posted").exclude(business_number=NUMBER).count() >= 4


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"project": None, "projectTask": None, "projectID": {"value": "HARBOR1"}}, "HARBOR1"),
        ({"subaccount": None, "subAccount": [{"segmentId": 2, "segmentValue": "011"}]}, "2=011"),
    ],
)
def test_a_field_that_the_vendor_ignores_without_a_word_is_found_before_the_release(
    stage: VismaStage, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], differs: str
) -> None:
    with monkeypatch.context() as patched:
        sent_otherwise(patched, **changes)
        stage.world.sync()
    waits(stage, "held", "stored_differently", differs)
    (batch,) = stage.people.journals(NUMBER)
    assert batch["status"] == "Balanced"


def test_an_unwrapped_field_is_refused_with_the_vendor_s_words(
    stage: VismaStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        sent_otherwise(patched, project="HARBOR1")
        stage.world.sync()
    waits(stage, "refused", "refused", "Visma.net refused: ", "put right what it names, then replay")
    goes(stage)


@pytest.mark.parametrize("status", ["400", "500"])
def test_a_batch_that_does_not_balance_there_is_refused_and_nothing_is_saved(
    stage: VismaStage, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    stage.visma.post("/switches", {"business_error_status": status})
    with monkeypatch.context() as patched:
        sent_otherwise(patched, debitAmountInCurrency={"value": Decimal("1000.01")})
        stage.world.sync()
    waits(stage, "refused", "refused", "Visma.net refused: ", "then replay")
    assert stage.people.journals(NUMBER) == []
    goes(stage)


@pytest.mark.parametrize("status", ["400", "500"])
def test_a_period_that_is_closed_between_the_look_and_the_write_is_held_as_closed(
    stage: VismaStage, status: str
) -> None:
    stage.world.sync()
    stage.visma.post("/switches", {"business_error_status": status})
    stage.people.invoice(stage.people.commitment("SC-2", 330011), "PA-2", {"work": "1.00"})
    stage.people.office("close_period", period="2026-01")
    stage.world.sync()
    held = stage.world.record("requisitions", "PA-2")
    assert (held.state, held.cause) == ("held", "period_closed")
    assert "open it" in held.message
    assert stage.people.journals("PA-2") == []
    stage.people.office("open_period", period="2026-01")
    stage.world.replayed(held)
    stage.world.sync()
    assert [row["status"] for row in stage.people.journals("PA-2")] == ["Posted"]


@pytest.mark.parametrize("failure", ["status", "result"])
def test_a_period_that_is_closed_between_create_and_release_is_held_and_released_later(
    stage: VismaStage, failure: str
) -> None:
    stage.visma.post("/switches", {"release_failure": failure})
    stage.visma.fault("status", path=RELEASE, times="always", status=503)
    stage.world.sync(wait=0)
    stage.visma.post("/faults", None, method="DELETE")
    stage.people.office("close_period", period="2026-01")
    stage.world.sync()
    waits(stage, "held", "period_closed", "is closed in the general ledger: open it")
    stage.people.office("open_period", period="2026-01")
    goes(stage)


def test_a_batch_that_somebody_puts_on_hold_is_looked_at_again(stage: VismaStage) -> None:
    stage.visma.fault("status", path=RELEASE, times="always", status=503)
    stage.world.sync(wait=0)
    stage.visma.post("/faults", None, method="DELETE")
    (batch,) = stage.people.journals(NUMBER)
    stage.people.office("put_on_hold", number=batch["number"], document="journal")
    stage.world.sync()
    waits(stage, "held", "waits_for_approval", "take it off hold or release it there")
    stage.people.office("remove_hold", number=batch["number"], document="journal")
    stage.people.office("release", number=batch["number"], document="journal")
    stage.world.clock.sleep(16 * 60)
    stage.world.sync()
    stage.posted_once()


def test_a_supplier_on_hold_keeps_no_cost_from_the_books(stage: VismaStage) -> None:
    stage.people.office("edit_supplier", number="V00001", status="OnHold")
    stage.world.sync()
    stage.posted_once()


@pytest.mark.parametrize(
    ("kind", "key", "cause", "words"),
    [
        ("account", "20500", "account_not_usable", "account 20500 is inactive in Visma.net: activate it"),
        ("project", "HARBOR1", "project_not_usable", "project HARBOR1 is Completed in Visma.net: activate it there"),
        ("task", "HARBOR1/02", "project_not_usable", "task 02 of project HARBOR1 is not active in Visma.net"),
        ("segment_value", "2/011", "center_not_usable", "011 is inactive in Visma.net: activate it there"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_was_made_inactive_there_is_held_until_it_is_active_again(
    stage: VismaStage, kind: str, key: str, cause: str, words: str, late: bool
) -> None:
    """Late: what we know of the company is some minutes old."""
    if late:
        stage.world.fill(stage.world.installation, "coding")  # reads what the company has
        stage.world.clock.sleep(120)
    stage.people.office("deactivate", kind=kind, id=key)
    stage.world.sync()
    waits(stage, "held", cause, words, "then replay the record")
    stage.people.office("activate", kind=kind, id=key)
    goes(stage)


def test_a_control_account_is_never_posted_to(stage: VismaStage) -> None:
    stage.world.rule(accrual_account="20000")
    stage.world.sync()
    waits(stage, "held", "account_not_usable", "account 20000", "which journals of ours never touch")
    stage.world.rule(accrual_account="20500")
    goes(stage)


def test_one_account_for_retainage_and_accrual_is_held(stage: VismaStage) -> None:
    stage.world.rule(retainage_account="20500")
    stage.world.sync()
    waits(stage, "held", "same_account", "set one of them anew")
    stage.world.rule(retainage_account="20100")
    goes(stage)


def test_a_cost_centre_that_is_not_there_is_held_and_the_rest_goes(stage: VismaStage) -> None:
    stage.world.add("coding", "02-300.S,Site survey,54000|3=99-999|02,,,", without="02-300.S")
    stage.world.sync()
    waits(stage, "held", "center_not_usable", "'99-999' is not there in Visma.net: add it to segment 3")
    stage.people.office("add_segment_value", segment="3", value="99-999", name="Anything")
    stage.world.replayed(stage.record)
    stage.world.sync()
    stage.posted_once()
    assert net(stage.people.ledger(NUMBER))["54000 HARBOR1/02/011/99-999"] == "1000.00"


@pytest.mark.parametrize(
    ("effect", "args"), [("truncate", {"bytes": 60}), ("html_error", {"status": 502}), ("status", {"status": 503})]
)
def test_a_read_that_is_half_or_a_page_is_asked_again_at_once(
    stage: VismaStage, effect: str, args: dict[str, Any]
) -> None:
    stage.visma.fault(effect, method="GET", path="/v1/account", **args)
    stage.visma.fault(effect, method="GET", path="/v2/journaltransaction", **args)
    stage.world.sync(wait=0)
    stage.posted_once()


def test_a_500_of_nobody_knows_what_is_looked_up_before_it_is_sent_again(stage: VismaStage) -> None:
    body = {"message": "An error has occurred."}
    stage.visma.fault("status", method="POST", path=CREATE, nth=1, status=500, body=body)
    stage.world.sync(wait=0)
    assert Record.objects.filter(state="unknown").count() == 1
    stage.world.sync()
    stage.posted_once()
    others_posted(stage)
