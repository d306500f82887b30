"""What of a vendor goes to the other side, for every way in which two sides and their last agreement can differ."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from ml_connector.integrations.acumatica_procore import masters
from ml_connector.integrations.declaration import Desk, Hold, InStep, Skip, Twin
from ml_connector.records.documents import CostCode, Supplier
from ml_connector.records.masters import MasterChange, overlaid, same

OLD, MINE, THEIRS = "Old Town", "Mine City", "Their City"
RULES = {
    "procore_owns": "email,phone",
    "new_vendors_in_procore": "create",
    "new_vendors_in_acumatica": "create",
    "new_cost_codes": "create",
}


class FakeDesk:
    """Choices and one pair in memory."""

    def __init__(self, twin: Twin | None = None, **rules: str) -> None:
        self._twin = twin
        self._rules = {**RULES, **rules}
        self.similar = ""
        self.ours = ""

    def rule(self, name: str) -> str:
        return self._rules[name]

    def twin(self, kind: str, key: str) -> Twin | None:
        return self._twin

    def lookalike(self, kind: str, key: str, document: Any) -> str:
        return self.similar

    def made(self, mark: str, key: str) -> bool:
        return mark == self.ours


def desk(**settings: Any) -> Any:
    return FakeDesk(**settings)


def vendor(**fields: Any) -> Supplier:
    return Supplier(**{"key": "V1", "name": "North Steel", **fields})


def twin(base: dict[str, str], **fields: Any) -> Twin:
    return Twin(key="77", base=base, document=vendor(key="77", **fields))


def sent(change: Any, record: Supplier, at: Desk) -> tuple[dict[str, str], dict[str, str]]:
    """The values that go to the other side, and those that both agree on."""
    try:
        found: MasterChange = change(record, "ML-7K2QX9M4T0AB-1", at)
    except InStep as same_on_both:
        return {}, same_on_both.agreed
    return found.values, found.agreed


TABLE = [
    # base, Acumatica's, Procore's, what goes to Procore and to Acumatica for a field that is Acumatica's
    (OLD, OLD, OLD, None, None),
    (OLD, MINE, OLD, MINE, None),
    (OLD, OLD, THEIRS, None, THEIRS),
    (OLD, MINE, THEIRS, MINE, None),
    (OLD, MINE, MINE, None, None),
    (OLD, "", OLD, "", None),
    (OLD, OLD, "", None, ""),
    (OLD, "", THEIRS, "", None),
    (None, MINE, THEIRS, MINE, None),
    (None, MINE, "", MINE, None),
    (None, "", THEIRS, None, THEIRS),
    (None, MINE, MINE, None, None),
    (None, "", "", None, None),
]


@pytest.mark.parametrize(("base", "left", "right", "to_procore", "to_acumatica"), TABLE)
@pytest.mark.parametrize("owner", ["acumatica", "procore"])
def test_what_one_side_changed_goes_to_the_other_and_the_owner_wins_where_both_did(
    base: str | None, left: str, right: str, to_procore: str | None, to_acumatica: str | None, owner: str
) -> None:
    known = {} if base is None else {"city": base}
    rules = {"procore_owns": "email,phone" if owner == "acumatica" else "city"}
    one, other = (left, right) if owner == "acumatica" else (right, left)
    from_left = sent(masters.vendor_to_procore, vendor(city=one), desk(twin=twin(known, city=other), **rules))
    from_right = sent(masters.vendor_to_acumatica, vendor(city=other), desk(twin=twin(known, city=one), **rules))
    owners, others = (from_left, from_right) if owner == "acumatica" else (from_right, from_left)
    assert owners[0].get("city") == to_procore
    assert others[0].get("city") == to_acumatica
    agreed = left if left == right else None
    assert owners[1].get("city") == others[1].get("city") == agreed


def test_a_change_tells_what_it_expects_there_and_what_is_agreed_already() -> None:
    at = desk(twin=twin({"city": OLD, "phone": "1"}, city=OLD, phone="1", email="a@b.c"))
    change = masters.vendor_to_procore(vendor(city=MINE, phone="1", email="x@y.z"), "ML-7K2QX9M4T0AB-1", at)
    assert (change.key, change.code) == ("77", "V1")
    assert (change.values, change.expected) == ({"city": MINE}, {"city": OLD})
    assert (change.agreed["phone"], change.agreed["name"], change.agreed["active"]) == ("1", "North Steel", "yes")
    assert "email" not in change.agreed


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("tax_id", "12-3456789", "123456789"),
        ("phone", "(614) 555-7470", "614.555.7470"),
        ("email", "AP@North.example", "ap@north.example"),
        ("postal_code", "43215-0001", "432150001"),
        ("country", "us", "US"),
        ("state", "oh", "OH"),
        ("name", " North  Steel ", "North Steel"),
        ("address", "1 Quay\n2nd floor", "1 Quay 2nd floor"),
    ],
)
def test_spellings_of_one_value_are_the_same(name: str, one: str, other: str) -> None:
    assert same(name, one, other)
    at = desk(twin=twin({name: "another"}, **{name: other}))
    values, agreed = sent(masters.vendor_to_procore, vendor(**{name: one}), at)
    assert name not in values
    assert name in agreed


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("name", "North & Steel", "North and Steel"), ("name", "NORTH", "North"), ("city", "Port A", "PortA")],
)
def test_other_spellings_are_changes(name: str, one: str, other: str) -> None:
    assert not same(name, one, other)


def test_flags_go_as_words_and_come_back_as_flags() -> None:
    at = desk(twin=twin({"active": "yes"}))
    assert sent(masters.vendor_to_procore, vendor(active=False), at)[0] == {"active": "no"}
    assert overlaid(vendor(), {"active": "no", "city": OLD}) == vendor(active=False, city=OLD)


def test_a_counterpart_that_was_not_read_yet_is_waited_for() -> None:
    with pytest.raises(Skip) as waits:
        masters.vendor_to_procore(vendor(), "ML-7K2QX9M4T0AB-1", desk(twin=Twin(key="77", base={}, document=None)))
    assert waits.value.cause == "not_read_yet"


class TestNew:
    def test_it_is_made_with_all_that_is_known_of_it(self) -> None:
        change = masters.vendor_to_procore(vendor(city=MINE, origin="ERP-9"), "ML-7K2QX9M4T0AB-1", desk())
        assert (change.key, change.code, change.expected) == ("", "V1", {})
        assert change.values == {"name": "North Steel", "active": "yes", "city": MINE}

    def test_it_waits_while_it_may_be_one_that_is_there(self) -> None:
        at = desk()
        at.similar = "North Steel Inc (77), score 80: same name"
        with pytest.raises(Hold, match="North Steel Inc") as held:
            masters.vendor_to_procore(vendor(), "ML-7K2QX9M4T0AB-1", at)
        assert held.value.cause == "no_match"
        with pytest.raises(Skip) as skipped:
            masters.vendor_to_procore(vendor(active=False), "ML-7K2QX9M4T0AB-1", at)
        assert skipped.value.cause == "inactive"

    @pytest.mark.parametrize("change", [masters.vendor_to_procore, masters.vendor_to_acumatica])
    def test_what_we_made_is_not_made_back(self, change: Any) -> None:
        at = desk()
        at.ours = "ML-7K2QX9M4T0AB"
        with pytest.raises(Skip) as skipped:
            change(vendor(origin=at.ours), "ML-0000000000AB-1", at)
        assert skipped.value.cause == "made_by_us"
        assert change(vendor(origin="ML-ANOTHERHUBOF"), "ML-0000000000AB-1", at).key == ""

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            (masters.vendor_to_procore, "new_vendors_in_procore"),
            (masters.vendor_to_acumatica, "new_vendors_in_acumatica"),
        ],
    )
    def test_rules_hold_or_skip_it(self, change: Any, rule: str) -> None:
        with pytest.raises(Hold) as held:
            change(vendor(), "ML-7K2QX9M4T0AB-1", desk(**{rule: "hold"}))
        with pytest.raises(Skip) as skipped:
            change(vendor(), "ML-7K2QX9M4T0AB-1", desk(**{rule: "skip"}))
        assert (held.value.cause, skipped.value.cause) == ("no_counterpart", "no_counterpart")


class TestCostCodes:
    CODE = CostCode(key="03-310", project="", cost_code="03-310", cost_type="", code="03-310", name="Slabs")

    def test_a_new_one_takes_its_number_along_and_a_known_one_keeps_its_own(self) -> None:
        new = masters.cost_code_to_procore(self.CODE, "ML-7K2QX9M4T0AB-1", desk())
        assert new.values == {"code": "03-310", "name": "Slabs"}
        there = structs.replace(self.CODE, key="9", code="3-310", name="Old")
        known = desk(twin=Twin(key="9", base={"name": "Old"}, document=there))
        assert masters.cost_code_to_procore(self.CODE, "ML-7K2QX9M4T0AB-1", known).values == {"name": "Slabs"}

    @pytest.mark.parametrize(
        ("rule", "in_procore", "in_acumatica"),
        [
            ("create", True, True),
            ("create_in_procore", True, False),
            ("create_in_acumatica", False, True),
            ("hold", False, False),
        ],
    )
    def test_the_rule_says_on_which_side_new_ones_are_made(
        self, rule: str, in_procore: bool, in_acumatica: bool
    ) -> None:
        for change, is_made in (
            (masters.cost_code_to_procore, in_procore),
            (masters.cost_code_to_acumatica, in_acumatica),
        ):
            at = desk(new_cost_codes=rule)
            if is_made:
                assert change(self.CODE, "ML-7K2QX9M4T0AB-1", at).key == ""
            else:
                with pytest.raises(Hold):
                    change(self.CODE, "ML-7K2QX9M4T0AB-1", at)
