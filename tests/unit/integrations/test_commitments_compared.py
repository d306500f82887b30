"""What differs between a commitment and its order, and the change of the order that an approval leads to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from ml_connector.integrations.acumatica_procore import commitments, links
from ml_connector.integrations.declaration import Difference, Hold, InStep, Skip, Twin
from ml_connector.records.commitments import ChangeOrder, Commitment, CommitmentLine, OrderChange, OrderLineChange
from ml_connector.records.documents import Order, OrderPosition

CODES = {"03-300.S": "54000|000|03|03-300", "05-100.S": "54000|000|05|05-100", "09-900.S": "54000|000|09|09-900"}
REFERENCE = "ML-7K2QX9M4T0AB-1"


class Desk:
    """Choices, tables, pairs and approvals in memory."""

    def __init__(self, other: Order | Commitment | None, **changes: Any) -> None:
        self.other = other
        self.key = changes.get("key", "Subcontract|SC1" if other else "")
        self.gone = bool(changes.get("gone"))
        self.vendor = changes.get("vendor", "V1")
        self.like = changes.get("like", "")
        self.is_matched = changes.get("matched", True)
        self.tables = {("coding", code): target for code, target in CODES.items()}
        self.tables |= {("projects", "4711"): "TOWER1", **changes.get("tables", {})}
        self.granted: set[str] = set()

    def rule(self, name: str) -> str:
        return {"cut_over": "2026-01-01"}[name]

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        raise AssertionError("a comparison makes no gaps")

    def find(self, table: str, value: str, *, day: date) -> str:
        return str(self.tables.get((table, value), ""))

    def sources(self, table: str, target: str, *, day: date) -> list[str]:
        return [value for (name, value), found in self.tables.items() if name == table and found == target]

    def matched(self, kind: str) -> bool:
        return bool(self.is_matched)

    def counterpart(self, kind: str, key: str) -> str:
        return str(self.vendor if kind == "vendors" else self.key)

    def twin(self, kind: str, key: str) -> Twin | None:
        return Twin(key=self.key, base={}, document=self.other, gone=self.gone) if self.key else None

    def lookalike(self, kind: str, key: str, document: Any) -> str:
        return str(self.like)

    def origin(self, number: str) -> None:
        return None

    def approved(self, difference: str) -> bool:
        return difference in self.granted


def line(key: str, code: str, amount: str, text: str = "") -> CommitmentLine:
    cost_code, _, cost_type = code.partition(".")
    return CommitmentLine(
        key=key, cost_code=cost_code, cost_type=cost_type, text=text or f"Work {cost_code}", amount=Decimal(amount)
    )


def change(number: str, *lines: CommitmentLine, approved: bool = True, amount: str = "") -> ChangeOrder:
    total = Decimal(amount) if amount else sum((one.amount for one in lines), Decimal(0))
    return ChangeOrder(
        key=f"c{number}", number=number, title="Added scope", status="approved" if approved else "pending",
        approved=approved, amount=total, lines=lines,
    )  # fmt: skip


def commitment(*lines: CommitmentLine, changes: tuple[ChangeOrder, ...] = (), **values: Any) -> Commitment:
    original = sum((one.amount for one in lines), Decimal(0))
    given: dict[str, Any] = {
        "key": "88", "kind": "subcontract", "project": "4711", "project_name": "Euclid Tower", "number": "SC-1",
        "title": "Concrete", "vendor": "7", "vendor_name": "Acme", "status": "approved", "currency": "USD",
        "day": date(2025, 8, 1), "original": original,
        "total": original + sum((one.amount for one in changes if one.approved), Decimal(0)),
        "lines": lines, "change_orders": changes,
    }  # fmt: skip
    return Commitment(**{**given, **values})


def position(number: int, code: str, amount: str, **values: Any) -> OrderPosition:
    account, subaccount, task, cost_code = CODES[f"{code}.S"].split("|")
    given: dict[str, Any] = {
        "line": number, "text": f"Work {code}", "account": account, "subaccount": subaccount, "project": "TOWER1",
        "task": task, "cost_code": cost_code, "amount": Decimal(amount),
    }  # fmt: skip
    return OrderPosition(**{**given, **values})


def order(*positions: OrderPosition, **values: Any) -> Order:
    status = values.get("status", "Open")
    given: dict[str, Any] = {
        "kind": "Subcontract", "number": "SC1", "vendor": "V1", "vendor_number": "SC-1", "text": "Concrete",
        "currency": "USD", "status": status, "total": links.amount_of(positions), "lines": positions,
        "active": status == "Open",
    }  # fmt: skip
    return Order(**{**given, **values})


def found(meant: Commitment, there: Order | None, **changes: Any) -> list[tuple[str, Decimal | None, Decimal | None]]:
    """The differences in short."""
    return [
        (one.kind, one.source_amount, one.target_amount)
        for one in commitments.differences(meant, Desk(there, **changes))
    ]


def repaired(meant: Commitment, there: Order | None, kinds: tuple[str, ...] = (), **changes: Any) -> OrderChange:
    """The change that follows when a person approves all differences, or those of some kinds."""
    desk = Desk(there, **changes)
    told = commitments.differences(meant, desk)
    desk.granted = {one.id for one in told if not kinds or one.kind in kinds}
    return commitments.change_of(meant, REFERENCE, desk)


SOUND = commitment(line("1", "03-300.S", "1000"), line("2", "05-100.S", "500"))
ORDERED = order(position(1, "03-300", "1000"), position(2, "05-100", "500"))


def test_pairs_that_agree_are_in_step() -> None:
    assert found(SOUND, ORDERED) == []
    with pytest.raises(InStep):
        commitments.change_of(SOUND, REFERENCE, Desk(ORDERED))


@pytest.mark.parametrize(
    "there",
    [
        order(position(1, "05-100", "500"), position(2, "03-300", "1000")),
        order(position(1, "03-300", "400"), position(2, "03-300", "600"), position(3, "05-100", "500")),
        order(*ORDERED.lines, position(3, "09-900", "0")),
        order(*ORDERED.lines, position(3, "09-900", "7", ended="cancelled")),
        order(position(1, "03-300", "1000", subaccount="0-0-0"), position(2, "05-100", "500")),
        structs.replace(ORDERED, status="Completed", active=False),
    ],
)  # fmt: skip
def test_another_order_split_or_spelling_of_lines_is_no_difference(there: Order) -> None:
    assert found(SOUND, there) == []


def test_change_orders_count_once_approved_whether_they_raised_a_line_or_became_one() -> None:
    extra = change("001", line("c", "03-300.S", "200"))
    meant = commitment(*SOUND.lines, changes=(extra, change("002", line("d", "05-100.S", "90"), approved=False)))
    assert found(meant, order(position(1, "03-300", "1200"), position(2, "05-100", "500"))) == []
    own_line = order(position(1, "03-300", "1000"), position(2, "05-100", "500"), position(3, "03-300", "200"))
    assert found(meant, own_line) == []
    assert found(meant, ORDERED) == [("change order", Decimal(200), Decimal(0))]


def test_the_change_order_that_explains_what_lacks_is_named_among_several() -> None:
    one, two = change("001", line("c", "03-300.S", "200")), change("002", line("d", "03-300.S", "-50"))
    meant = commitment(*SOUND.lines, changes=(one, two))
    there = order(position(1, "03-300", "1200"), position(2, "05-100", "500"))
    (told,) = commitments.differences(meant, Desk(there))
    assert "change order 002" in told.text
    assert (told.source_amount, told.fix) == (Decimal(-50), "lower line 1 by 50")


def test_a_change_order_over_two_codes_is_one_difference_and_its_fix_raises_and_adds() -> None:
    both = change("001", line("c", "03-300.S", "600"), line("d", "09-900.S", "400", "Paint"))
    meant = commitment(*SOUND.lines, changes=(both,))
    assert found(meant, ORDERED) == [("change order", Decimal(1000), Decimal(0))]
    raised, added = repaired(meant, ORDERED).lines
    assert (raised.line, raised.amount) == (1, Decimal(1600))
    assert (added.line, added.amount, added.cost_code, added.text) == (0, Decimal(400), "09-900", "Paint")
    assert added.mark.startswith("D-")


def test_a_change_order_without_lines_is_found_in_the_order_or_left_to_a_person() -> None:
    meant = commitment(*SOUND.lines, changes=(change("001", amount="300"),))
    assert found(meant, order(position(1, "03-300", "1300"), position(2, "05-100", "500"))) == []
    (told,) = commitments.differences(meant, Desk(ORDERED))
    assert (told.kind, told.fix) == ("change order", "")
    assert "no lines" in told.by_hand


def test_amounts_of_two_fixes_on_one_line_add_up() -> None:
    meant = commitment(*SOUND.lines, changes=(change("001", line("c", "05-100.S", "90"), line("d", "03-300.S", "10")),))
    there = order(position(1, "03-300", "900"), position(2, "05-100", "500"))
    assert found(meant, there) == [
        ("change order", Decimal(100), Decimal(0)), ("amount", Decimal(1000), Decimal(900))
    ]  # fmt: skip
    made = repaired(meant, there)
    assert {one.line: one.amount for one in made.lines} == {1: Decimal(1010), 2: Decimal(590)}
    alone = repaired(meant, there, ("amount",))
    assert [(one.line, one.amount) for one in alone.lines] == [(1, Decimal(1000))]
    assert len(made.fixes) == 2
    assert len(alone.fixes) == 1


def test_a_line_that_the_order_lacks_is_added_with_its_change_order() -> None:
    meant = commitment(*SOUND.lines, changes=(change("001", line("c", "05-100.S", "25")),))
    there = order(position(1, "03-300", "1000"))
    assert found(meant, there) == [("line", Decimal(525), Decimal(0))]
    (added,) = repaired(meant, there).lines
    assert added == OrderLineChange(
        line=0, amount=Decimal(525), text="Work 05-100", mark=added.mark, account="54000", subaccount="000",
        project="TOWER1", task="05", cost_code="05-100",
    )  # fmt: skip


def test_a_cancelled_line_is_one_that_the_order_lacks() -> None:
    there = order(position(1, "03-300", "1000"), position(2, "05-100", "500", active=False, ended="cancelled"))
    assert found(SOUND, there) == [("line", Decimal(500), Decimal(0))]


def test_a_line_too_many_is_cancelled_and_a_completed_one_is_a_persons_work() -> None:
    there = order(*ORDERED.lines, position(3, "05-100", "80", text="Nobody asked"))
    assert found(SOUND, there) == [("line", Decimal(0), Decimal(80))]
    assert repaired(SOUND, there).lines == (OrderLineChange(line=3, ended="cancelled"),)
    done = order(*ORDERED.lines, position(3, "05-100", "80", text="Nobody asked", active=False, ended="completed"))
    (told,) = commitments.differences(SOUND, Desk(done))
    assert not told.fix
    assert "completed" in told.by_hand


def test_a_line_under_another_code_is_one_difference_cancelled_and_added_anew() -> None:
    there = order(position(1, "03-300", "1000"), position(2, "09-900", "500", text="Work 05-100"))
    assert found(SOUND, there) == [("coding", Decimal(500), Decimal(500))]
    cancelled, added = repaired(SOUND, there).lines
    assert cancelled == OrderLineChange(line=2, ended="cancelled")
    assert (added.line, added.amount, added.cost_code) == (0, Decimal(500), "05-100")


def test_a_recoded_line_takes_its_right_amount_and_change_orders_with_it() -> None:
    meant = commitment(*SOUND.lines, changes=(change("001", line("c", "05-100.S", "25")),))
    there = order(position(1, "03-300", "1000"), position(2, "09-900", "470", text="Work 05-100"))
    (cancelled, added) = repaired(meant, there).lines
    assert (cancelled.line, cancelled.amount, cancelled.ended) == (2, None, "cancelled")
    assert added.amount == Decimal(525)


def test_a_link_pairs_lines_that_nothing_else_would() -> None:
    there = order(position(1, "03-300", "1000"), position(2, "09-900", "450", text="Something else"))
    tables = {("orders", "2"): "Subcontract|SC1|2"}
    assert found(SOUND, there, tables=tables) == [("coding", Decimal(500), Decimal(450))]
    assert {kind for kind, *_ in found(SOUND, there)} == {"line"}


def test_lines_whose_code_no_table_knows_are_paired_by_code_and_text() -> None:
    meant = commitment(line("1", "03-300.S", "1000"), line("2", "13-280.S", "500", "Abatement"))
    there = order(
        position(1, "03-300", "1000"), position(2, "05-100", "500", text="Abatement", cost_code="", project="X")
    )
    assert found(meant, there) == []
    (told,) = commitments.differences(meant, Desk(order(position(1, "03-300", "1000"))))
    assert not told.fix
    assert "13-280.S" in told.by_hand


def test_the_projects_own_coding_goes_before_the_companys() -> None:
    tables = {("coding", "4711:05-100.S"): CODES["09-900.S"]}
    there = order(position(1, "03-300", "1000"), position(2, "09-900", "500"))
    assert found(SOUND, there, tables=tables) == []


STATUSES = [
    ("approved", "On Hold", "release the order from hold", False),
    ("draft", "Open", "put the order on hold", True),
]


@pytest.mark.parametrize(("here", "there", "fix", "held"), STATUSES)
def test_holding_and_releasing(here: str, there: str, fix: str, held: bool) -> None:
    meant, ordered = structs.replace(SOUND, status=here), structs.replace(ORDERED, status=there, active=there == "Open")
    (told,) = commitments.differences(meant, Desk(ordered))
    assert (told.kind, told.fix, told.source_amount) == ("status", fix, None)
    made = repaired(meant, ordered)
    assert (made.held, made.lines) == (held, ())


@pytest.mark.parametrize(("here", "ended"), [("complete", "completed"), ("void", "cancelled")])
def test_completing_and_cancelling(here: str, ended: str) -> None:
    meant = structs.replace(SOUND, status=here)
    assert repaired(meant, ORDERED).lines == tuple(OrderLineChange(line=one, ended=ended) for one in (1, 2))
    assert repaired(meant, structs.replace(ORDERED, status="On Hold", active=False)).held is False


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("approved", "Canceled"), ("approved", "Pending Approval"), ("approved", "Rejected"), ("void", "Completed"),
        ("complete", "Canceled"),
    ],
)  # fmt: skip
def test_a_status_that_only_people_can_change_has_no_fix(here: str, there: str) -> None:
    meant, ordered = structs.replace(SOUND, status=here), structs.replace(ORDERED, status=there, active=False)
    (told,) = commitments.differences(meant, Desk(ordered))
    assert told.kind == "status"
    assert not told.fix
    assert told.by_hand
    with pytest.raises(Hold) as held:
        repaired(meant, ordered)
    assert held.value.cause == "differs"


@pytest.mark.parametrize(("here", "there"), [("complete", "Closed"), ("void", "Canceled"), ("draft", "On Hold")])
def test_statuses_that_say_the_same(here: str, there: str) -> None:
    assert found(structs.replace(SOUND, status=here), structs.replace(ORDERED, status=there, active=False)) == []


def test_lines_of_a_completed_order_are_compared_but_people_open_it_first() -> None:
    there = order(position(1, "03-300", "900"), position(2, "05-100", "500"), status="Completed")
    (told,) = commitments.differences(SOUND, Desk(there))
    assert (told.kind, told.fix) == ("amount", "")
    assert "open it there" in told.by_hand


def test_another_vendor_or_currency_is_a_persons_work() -> None:
    told = commitments.differences(SOUND, Desk(structs.replace(ORDERED, vendor="V9", currency="CAD")))
    assert [(one.kind, one.fix) for one in told] == [("vendor", ""), ("currency", "")]
    (unmatched,) = commitments.differences(SOUND, Desk(ORDERED, vendor=""))
    assert unmatched.kind == "vendor"
    assert "not matched" in unmatched.text
    assert found(SOUND, structs.replace(ORDERED, vendor="v1 ")) == []


def test_an_approved_commitment_without_order_gets_one_with_its_change_orders() -> None:
    meant = commitment(*SOUND.lines, line("3", "09-900.S", "0"), changes=(change("001", line("c", "05-100.S", "90")),))
    assert found(meant, None) == [("missing", Decimal(1590), Decimal(0))]
    made = repaired(meant, None)
    assert (made.kind, made.number, made.vendor, made.vendor_number) == ("Subcontract", "", "V1", "SC-1")
    assert (made.held, made.reference, made.date) == (False, REFERENCE, date(2025, 8, 1))
    assert [one.amount for one in made.lines] == [Decimal(1000), Decimal(500), Decimal(90)]
    assert len({one.mark for one in made.lines}) == 3
    assert repaired(structs.replace(meant, kind="purchase_order"), None).kind == "Normal"


@pytest.mark.parametrize("changes", [{"vendor": ""}, {"tables": {("projects", "4711"): ""}}])
def test_no_order_is_made_before_vendor_and_tables_are_there(changes: dict[str, Any]) -> None:
    (told,) = commitments.differences(SOUND, Desk(None, **changes))
    assert (told.kind, told.fix, told.source_amount) == ("missing", "", Decimal(1500))
    assert "match" in told.by_hand or "add the rows" in told.by_hand


@pytest.mark.parametrize("status", ["draft", "complete", "void"])
def test_only_an_approved_commitment_needs_an_order(status: str) -> None:
    with pytest.raises(Skip):
        commitments.differences(structs.replace(SOUND, status=status), Desk(None))


def test_nothing_is_missing_before_somebody_looked_and_decided() -> None:
    for changes, cause in (({"matched": False}, "not_matched"), ({"like": "Subcontract SC9"}, "no_match")):
        for compare, record in ((commitments.differences, SOUND), (commitments.order_differences, ORDERED)):
            with pytest.raises(Hold) as held:
                compare(record, Desk(None, **changes))  # type: ignore[operator]
            assert held.value.cause == cause


def test_an_order_that_was_deleted_is_missing_and_one_not_read_yet_is_waited_for() -> None:
    assert found(SOUND, None, key="Subcontract|SC1", gone=True) == [("missing", Decimal(1500), Decimal(0))]
    with pytest.raises(Hold) as held:
        commitments.differences(SOUND, Desk(None, key="Subcontract|SC1"))
    assert held.value.cause == "not_read"


def test_an_open_order_without_commitment_is_cancelled_when_approved() -> None:
    desk = Desk(None)
    (told,) = commitments.order_differences(ORDERED, desk)
    assert (told.kind, told.source, told.target, told.target_amount) == (
        "missing",
        "",
        "Subcontract SC1",
        Decimal(1500),
    )
    with pytest.raises(Hold):
        commitments.cancellation_of(ORDERED, REFERENCE, desk)
    desk.granted = {told.id}
    made = commitments.cancellation_of(ORDERED, REFERENCE, desk)
    assert (made.number, made.held) == ("SC1", False)
    assert {one.ended for one in made.lines} == {"cancelled"}
    with pytest.raises(InStep):
        commitments.cancellation_of(ORDERED, REFERENCE, Desk(SOUND, key="88"))


@pytest.mark.parametrize(
    "there", [structs.replace(ORDERED, active=False), order(position(1, "03-300", "1000", project="OTHER"))]
)
def test_closed_orders_and_other_projects_need_no_commitment(there: Order) -> None:
    with pytest.raises(Skip):
        commitments.order_differences(there, Desk(None))


def test_an_id_is_good_for_exactly_these_figures() -> None:
    there = order(position(1, "03-300", "900"), position(2, "05-100", "500"))

    def one(record: Commitment, counterpart: Order) -> Difference:
        (told,) = commitments.differences(record, Desk(counterpart))
        return told

    same = one(structs.replace(SOUND, title="Other words"), structs.replace(there, text="Other words"))
    assert one(SOUND, there).id == same.id
    less = order(position(1, "03-300", "899"), position(2, "05-100", "500"))
    more = commitment(line("1", "03-300.S", "1001"), line("2", "05-100.S", "500"))
    assert len({one(SOUND, there).id, one(SOUND, less).id, one(more, there).id}) == 3


def test_scores_of_pairs_by_number_vendor_and_amount() -> None:
    known = {("vendors", "7"): "V1", ("vendors", "8"): "V2"}

    def scored(there: Order, meant: Commitment = SOUND) -> tuple[int, str]:
        return links.score(there, meant, lambda kind, key: known.get((kind, key), ""))

    assert scored(ORDERED) == (100, "same number and vendor and amount")
    assert scored(structs.replace(ORDERED, vendor_number="sc 1"))[0] == 100
    assert scored(order(position(1, "03-300", "1")))[0] == 90
    assert scored(structs.replace(ORDERED, vendor_number="77")) == (55, "same vendor and amount")
    assert scored(ORDERED, structs.replace(SOUND, vendor="8")) == (50, "same number and amount, but another vendor")
    assert scored(ORDERED, structs.replace(SOUND, vendor="9"))[0] == 70
    assert scored(order(position(1, "03-300", "1"), vendor_number="77", vendor="V9"))[0] == 0
