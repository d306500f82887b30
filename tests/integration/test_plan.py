"""What a sync would do, told without writing anything: corrections, adoptions, changes to master records."""

from __future__ import annotations

from typing import Any

import pytest
from corrected import NUMBER, WORK, by_hand, delete, documents, in_ledger, posted, revise, send_back
from stage import Stage

from ml_connector.cli import running
from ml_connector.hub import installations, matching, plan
from ml_connector.hub.models import Attempt, Record, Run, Version
from ml_connector.hub.plan import Planned, Wish

ANEW = "reverse_and_repost"


def planned(stage: Stage, number: str = NUMBER, *, sweep: bool = False) -> list[Planned]:
    """What is planned for a number; neither the hub nor the target changes."""
    before = (stored(), documents(stage, number))
    found = plan.of_installation(stage.installation, Wish(flow="requisitions", sweep=sweep))
    assert (stored(), documents(stage, number)) == before
    return [one for one in found.planned if one.facts.number == number]


def stored() -> list[Any]:
    """What the hub knows, as rows."""
    records = list(Record.objects.order_by("pk").values())
    return [records, Version.objects.count(), Run.objects.count(), Attempt.objects.count()]


def test_a_correction_names_what_is_taken_back_and_what_comes_instead(stage: Stage) -> None:
    record = posted(stage, corrections=ANEW)
    assert planned(stage) == []
    revise(stage, "15000.00")
    (one,) = planned(stage)
    assert (one.verdict, one.takes_back) == ("correction", (record.target_number,))
    assert one.document.total == -by_hand("15000.00")["20000", ""]
    assert one.document.reference == f"ML-{record.ref}-2"
    stage.sync()
    assert in_ledger(stage) == by_hand("15000.00")
    assert planned(stage) == []


def test_a_difference_is_planned_as_the_document_that_makes_it_good(stage: Stage) -> None:
    posted(stage, corrections="post_delta")
    revise(stage, "15000.00")
    (one,) = planned(stage)
    assert (one.verdict, one.takes_back, one.document.credit) == ("correction", (), True)
    assert one.document.total == WORK - 15000
    revise(stage, WORK)
    assert planned(stage) == []


def test_a_change_that_a_person_decides_on_is_planned_as_held(stage: Stage) -> None:
    posted(stage, corrections="hold")
    revise(stage, "15000.00")
    (one,) = planned(stage)
    assert (one.verdict, one.cause, one.document) == ("held", "changed_after_posting", None)


def test_a_closed_period_is_told_before_anything_is_taken_back(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    stage.act("acumatica", "close_period", period="2026-01")
    revise(stage, "15000.00")
    (one,) = planned(stage)
    assert (one.verdict, one.cause, one.takes_back) == ("held", "period_closed", ())


def test_what_is_not_approved_any_more_is_only_taken_back(stage: Stage) -> None:
    record = posted(stage, corrections=ANEW)
    send_back(stage)
    (one,) = planned(stage)
    assert (one.verdict, one.takes_back, one.document) == ("correction", (record.target_number,), None)


@pytest.mark.parametrize(("rule", "verdict"), [(ANEW, "correction"), ("hold", "held")])
def test_a_planned_sweep_finds_what_is_gone(stage: Stage, rule: str, verdict: str) -> None:
    record = posted(stage, corrections=rule)
    delete(stage)
    assert planned(stage) == []
    (one,) = planned(stage, sweep=True)
    assert one.verdict == verdict
    assert one.takes_back == ((record.target_number,) if rule == ANEW else ())


def test_a_document_that_somebody_keyed_is_planned_to_be_adopted(stage: Stage) -> None:
    stage.install()
    keyed = next(row for row in stage.acumatica.get("/books") if row["business_number"] == "INV-8800601")
    key = str(stage.requisition("INV-8800601")["id"])
    matching.accept_pairs(stage.installation, "requisitions", [(1, str(keyed["number"]), key)], "test")
    (one,) = planned(stage, "INV-8800601")
    assert one.verdict == "adopted"
    assert str(keyed["number"]) in one.message


def test_the_command_prints_corrections_and_changes_of_every_kind(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    record = posted(stage, corrections=ANEW)
    for flow in ("vendors-to-procore", "vendors-to-acumatica"):
        installations.enable(installations.find(stage.installation.pk), flow)
    stage.sync()
    stage.act("acumatica", "edit_vendor", id=str(documents(stage)[0]["party"]), phone="+1 216 555 0199")
    revise(stage, "17000.00")
    before = stored()
    capsys.readouterr()
    running.sync(stage.installation.pk, flow=None, since=None, plan=True, wait=0, sweep=False)
    told = capsys.readouterr().out
    assert "takes back" in told
    assert f"ML-{record.ref}-" in told
    assert "+1 216 555 0199" in told
    assert "nothing was written" in told
    assert stored() == before
