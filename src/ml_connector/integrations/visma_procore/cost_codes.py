"""Cost codes: the values of one segment in Visma.net, and Procore's standard cost codes, kept in step both ways."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.integrations import masters, procore_masters
from ml_connector.integrations.declaration import Choice, Desk, Facts, Side, Skip
from ml_connector.integrations.procore_masters import PROCORE
from ml_connector.integrations.visma_procore.coding import SYSTEM
from ml_connector.records.dimensions import SegmentValue
from ml_connector.records.documents import CostCode
from ml_connector.records.masters import MasterChange

VALUES = "cost-codes-to-procore"
"""The flow that reads all values of all segments."""
_NONE = "none"
SEGMENT = Choice(
    name="cost_code_segment",
    question="Which segment of Visma.net holds the cost codes?",
    advice=f"set dimension|segment, such as SUBACCOUNT|3, or {_NONE}",
    pattern=rf"[A-Z0-9_]+\|[1-9][0-9]*|{_NONE}",
)
OWNER = Choice(
    name="cost_code_names",
    question="Whose is the name of a cost code, where both sides changed it?",
    advice="set visma or procore",
    default="visma",
    options=("visma", "procore"),
)
NEW = procore_masters.new_cost_codes("create_in_visma")


def value_facts(value: SegmentValue) -> Facts:
    """What the record shows of itself."""
    return procore_masters.cost_code_facts(code_of(value))


def code_of(value: SegmentValue) -> CostCode:
    """A value as the cost code that it stands for; its key is the value's."""
    return CostCode(key=value.key, project="", cost_code=value.value, cost_type="", code=value.value, name=value.name)


def is_code(value: SegmentValue) -> bool:
    """Whether a value stands for anything: zeros stand where a subaccount names none."""
    return bool(value.value.strip("0-. "))


def is_meant(key: str, rule: Callable[[str], str]) -> bool:
    """Whether a value's key is of the segment that holds cost codes."""
    return key.startswith(f"{rule(SEGMENT.name)}|")


def to_procore(value: SegmentValue, reference: str, desk: Desk) -> MasterChange:
    """What Procore's company list lacks of a value. Raises InStep, Hold or Skip."""
    _segment(desk)
    if not is_meant(value.key, desk.rule):
        raise Skip(
            "other_segment",
            f"{value.dimension} segment {value.segment} ({value.segment_name}) holds no cost codes "
            f"(rule {SEGMENT.name}={desk.rule(SEGMENT.name)})",
        )
    if not is_code(value):
        raise Skip("no_code", "zeros stand for no cost code")
    return procore_masters.with_code(masters.change_of(_LEFT, value, value.value, reference, desk), value.value)


def to_visma(code: CostCode, reference: str, desk: Desk) -> MasterChange:
    """What the segment lacks of a cost code in Procore's company list. Raises InStep, Hold or Skip."""
    return masters.change_of(_RIGHT, code, f"{_segment(desk)}|{code.code}", reference, desk)


def _segment(desk: Desk) -> str:
    """As a value's key begins. Raises Skip where no segment holds cost codes."""
    segment = desk.rule(SEGMENT.name)
    if segment == _NONE:
        raise Skip("no_segment", f"no segment of {SYSTEM} holds cost codes (rule {SEGMENT.name})")
    return segment


def _values(record: object) -> dict[str, str]:
    """What both sides keep of a cost code beside its number; either side's record."""
    return masters.values_of_cost_code(code_of(record) if isinstance(record, SegmentValue) else record)


def _owner(field: str, desk: Desk) -> Side:
    return Side.RIGHT if desk.rule(OWNER.name) == "procore" else Side.LEFT


def _require_new_in_procore(record: object, desk: Desk) -> None:
    assert isinstance(record, SegmentValue)
    if not record.active:
        raise Skip("inactive", f"it is inactive, so it is not made in {PROCORE}")
    procore_masters.require_new_code(PROCORE, "create_in_procore", desk)


_LEFT = masters.Kind(kind="cost codes", side=Side.LEFT, values=_values, owner=_owner, create=_require_new_in_procore)
_RIGHT = masters.Kind(
    kind="cost codes",
    side=Side.RIGHT,
    values=_values,
    owner=_owner,
    create=lambda record, desk: procore_masters.require_new_code(SYSTEM, "create_in_visma", desk),
)
