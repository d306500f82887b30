"""A person takes a posted record back: carried out by the hub where the target can, refused in one line where not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from stage import SOUND, Stage

from ml_connector.cli import endings, printing, records
from ml_connector.hub import audit, history, matching, undo
from ml_connector.hub.models import AuditEntry, Record
from ml_connector.hub.problems import Problem

STEPS = ("check", "reverse", "release_reversal", "confirm_reversal")


def documents(stage: Stage, number: str) -> list[tuple[str, str, str]]:
    """Kind, status and total of all documents in the target with an invoice number."""
    books = [row for row in stage.acumatica.get("/books") if row["document"] == "bill"]
    return sorted((row["kind"], row["status"], row["total"]) for row in books if row["business_number"] == number)


def owed(stage: Stage, number: str) -> Decimal:
    """What the target's ledger holds for an invoice number: bills less debit adjustments."""
    signs = {"Bill": 1, "Debit Adj.": -1}
    return sum((signs[kind] * Decimal(total) for kind, _, total in documents(stage, number)), Decimal(0))


def test_an_undone_record_is_taken_back_by_the_hub_and_stays_away(stage: Stage) -> None:
    stage.install()
    stage.sync()
    posted = stage.record("1002")
    planned = undo.plan(posted)
    assert planned.possible
    assert planned.by_hub == STEPS
    assert f"bill {posted.target_number} in acumatica" in planned.steps[0]
    token = audit.actor.set("cli:ann")
    try:
        undo.carry_out(posted)
    finally:
        audit.actor.reset(token)
    stage.sync()
    aside = stage.record("1002")
    assert (aside.state, aside.cause, aside.target_number) == ("skipped", "set_aside", "")
    assert [(kind, total) for kind, _, total in documents(stage, "1002")] == [
        ("Bill", str(posted.amount.quantize(Decimal("0.01")))),
        ("Debit Adj.", str(posted.amount.quantize(Decimal("0.01")))),
    ]
    assert owed(stage, "1002") == 0
    entry = AuditEntry.objects.get(action="record.undo")
    assert (entry.actor, entry.subject) == ("cli:ann", posted.ref)
    stage.sync(sweep=True)
    assert stage.record("1002").state == "skipped"
    assert len(documents(stage, "1002")) == 2
    stage.assert_posted_once(but={"1002"})


def test_a_paid_document_is_not_undone_and_goes_back_when_its_payment_is_voided(stage: Stage) -> None:
    stage.install()
    stage.sync()
    posted = stage.record("1002")
    paid = stage.act("acumatica", "pay", number=posted.target_number, amount="1.00")
    undo.carry_out(posted)
    stage.sync()
    held = stage.record("1002")
    assert (held.state, held.cause, held.correction) == ("held", "paid_there", "undo")
    assert [kind for kind, _, _ in documents(stage, "1002")] == ["Bill"]
    stage.act("acumatica", "void_payment", number=paid["payment"])
    stage.replayed("1002")
    stage.sync()
    aside = stage.record("1002")
    assert aside.state == "skipped", aside.message
    assert owed(stage, "1002") == 0


def test_the_story_of_an_undone_record_names_the_document_and_what_took_it_back(stage: Stage) -> None:
    stage.install()
    stage.sync()
    posted = stage.record("1002")
    (before,) = history.of_record(posted).postings
    assert (before.kind, before.number, before.reversal) == ("document", posted.target_number, "")
    undo.carry_out(posted)
    stage.sync()
    (after,) = history.of_record(stage.record("1002")).postings
    reversal = next(
        row["number"]
        for row in stage.acumatica.get("/books")
        if row["kind"] == "Debit Adj." and row["business_number"] == "1002"
    )
    assert (after.number, after.reversal) == (posted.target_number, reversal)
    assert after.reversed_at is not None


def test_what_cannot_be_undone_is_refused_in_one_line(stage: Stage) -> None:
    stage.install()
    stage.sync()
    unposted = Record.objects.get(cause="unmapped")
    with pytest.raises(Problem, match="nothing of it is in the target"):
        undo.carry_out(unposted)
    assert undo.plan(unposted).possible is False
    waiting = Record.objects.get(cause="waits_for_approval")
    with pytest.raises(Problem, match="is not released"):
        undo.carry_out(waiting)
    assert "is not released" in undo.plan(waiting).steps[0]
    stage.assert_posted_once()


def test_a_document_that_somebody_keyed_is_left_to_that_person(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = Record.objects.get(cause="keyed_by_hand")
    keyed = next(row for row in stage.acumatica.get("/books") if row["business_number"] == held.business_number)
    adopt(stage, held, keyed["number"])
    adopted = Record.objects.get(pk=held.pk)
    assert (adopted.state, adopted.target_number) == ("posted", keyed["number"])
    with pytest.raises(Problem, match="keyed in by a person"):
        undo.carry_out(adopted)
    planned = undo.plan(adopted)
    assert planned.by_hub == ()
    assert any(f"reverse bill {keyed['number']}" in step for step in planned.steps)
    assert len(documents(stage, held.business_number)) == 1


def adopt(stage: Stage, held: Record, number: str) -> None:
    """A person matches the record with the document that somebody keyed, and replays it."""
    matching.accept_pairs(stage.installation, "requisitions", [(1, number, held.source_key)], "test")
    stage.replayed(held.business_number)
    stage.sync()


def test_the_command_carries_out_what_its_plan_says(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.install()
    stage.sync()
    posted = stage.record("1002")
    records.undo(posted.ref, plan=True)
    told = capsys.readouterr().out
    assert f"1. ml-connector undo {posted.ref}: the hub takes bill {posted.target_number}" in told
    assert "paid_there" in told
    assert stage.record("1002").state == "posted"
    records.undo(posted.ref, plan=False)
    assert f"in these steps: {', '.join(STEPS)}" in capsys.readouterr().out
    records.show(posted.ref)
    assert "a person undid it" in capsys.readouterr().out
    stage.sync()
    records.show(posted.ref)
    assert "taken back by" in capsys.readouterr().out
    with pytest.raises(Problem) as refused:
        records.undo(posted.ref, plan=False)
    code, text = endings.of(refused.value)
    assert (code, len(text.splitlines())) == (1, 1)


def test_the_plan_is_rows_for_programs(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.install()
    stage.sync()
    shown: list[Any] = []
    monkeypatch.setattr(printing, "json_wanted", True)
    monkeypatch.setattr(printing, "json", shown.append)
    records.undo(stage.record("1002").ref, plan=True)
    assert shown[0].by_hub == STEPS
    assert {one.business_number for one in Record.objects.filter(state="posted")} == SOUND
