"""Subaccounts in the words of records: a number as people know it, or segments such as `2=011,3=03-300` (§5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.wire import Record


def parts(text: str) -> dict[str, str]:
    """The segments that a text names; empty for a number."""
    if "=" not in text:
        return {}
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {segment.strip(): value.strip() for segment, _, value in pairs}


def segments_of(text: str, company: Company) -> dict[str, str]:
    """All segments of a subaccount, those that a text leaves out as zeros are not told; empty for an unknown number."""
    if named := parts(text):
        return named
    record = numbered(text, company.subaccounts())
    return wire.segments(record) if record else {}


def numbered(text: str, known: Mapping[str, Record]) -> Record | None:
    """The subaccount with a number, however its parts are separated."""
    wanted = bare(text)
    return known.get(text) or next((record for number, record in known.items() if bare(number) == wanted), None)


def named(divided: Record, texts: Collection[str]) -> str:
    """What a stored subaccount is called among these texts, else its number; "" for the one of zeros alone."""
    own = wire.segments(divided)
    for text in texts:
        if (wanted := parts(text)) and _is_meant(wanted, own):
            return text
        if not wanted and text and bare(text) == bare(wire.text(divided, "subaccountNumber")):
            return text
    return objects.subaccount_of(divided)


def bare(text: str) -> str:
    """Letters and digits alone, as numbers are shown with separators or without."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _is_meant(wanted: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """What is not named becomes zeros there (vendors/visma_net.md §12)."""
    same = all(bare(own.get(segment, "")) == bare(value) for segment, value in wanted.items())
    return same and not any(value.strip("0 ") for segment, value in own.items() if segment not in wanted)
