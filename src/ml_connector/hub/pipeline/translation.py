"""What becomes of one version of a record when it is translated."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ml_connector.hub.models import Record
from ml_connector.hub.states import State


class Translation(Struct, frozen=True):
    """What became of one version: its target document and the step that comes first, or why there is none.

    `whole` is what the record amounts to when `document` is only a difference. `agreed` see `twins.keep_agreed`,
    `adopted` is the number of a document that a person keyed in for this record.
    """

    record: Record
    state: State
    cause: str = ""
    message: str = ""
    document: Any = None
    whole: Any = None
    step: str = ""
    correction: str = ""
    agreed: dict[str, str] | None = None
    adopted: str = ""
