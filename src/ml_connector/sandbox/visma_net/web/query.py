"""Reads query parameters: names without regard to case, times, conditions, pages (vendors/visma_net.md §2, §7)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ml_connector.sandbox.visma_net.errors import malformed
from ml_connector.sandbox.visma_net.records import Record

_OPS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d{1,3})?)?")
Test = Callable[[Any], bool]


class Query:
    """The parameters of one call. `offset`: what the company's change times are shown ahead of UTC."""

    def __init__(self, pairs: list[tuple[str, str]], offset: timedelta = timedelta(0)) -> None:
        self._values = {name.lower(): value for name, value in pairs}
        self.offset = offset

    def text(self, name: str) -> str | None:
        """None without the parameter or with an empty one."""
        return self._values.get(name.lower()) or None

    def flag(self, name: str) -> bool | None:
        """Raises Refused for a word that is no truth value."""
        text = self.text(name)
        if text is None:
            return None
        known = {"true": True, "1": True, "false": False, "0": False}
        if text.lower() not in known:
            raise malformed(f"The value '{text}' is not valid for {name}.")
        return known[text.lower()]

    def whole(self, name: str) -> int | None:
        """Raises Refused."""
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise malformed(f"The value '{text}' is not valid for {name}.")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """A time without zone; a zone suffix is refused (§7)."""
        text = self.text(name)
        if text is None:
            return None
        try:
            if _MOMENT.fullmatch(text):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise malformed(f"The value '{text}' is not valid for {name}. Use yyyy-MM-dd HH:mm:ss.FFF without a time zone.")

    def changed(self, record: Record) -> bool:
        """Whether the record fits the parameters on its times of change and of creation."""
        return all(test(getattr(record, part)) for part, test in self._stamps())

    def _stamps(self) -> list[tuple[str, Test]]:
        names = {"modified": "lastModifiedDateTime", "created": "createdDateTime"}
        found = [(part, self.when(name)) for part, name in names.items()]
        return [(part, _shifted(test, self.offset)) for part, test in found if test is not None]

    def when(self, name: str) -> Test | None:
        """The condition on a time or date; `>` unless said otherwise (§7)."""
        moment, op = self.moment(name), self._condition(name)
        if moment is None:
            return None
        return lambda value: value is not None and op(_as_moment(value), moment)

    def amount(self, name: str) -> Test | None:
        """The condition on an amount; equal is not on offer."""
        text, op = self.text(name), self._condition(name)
        if text is None:
            return None
        try:
            limit = Decimal(text)
        except InvalidOperation:
            raise malformed(f"The value '{text}' is not valid for {name}.") from None
        return lambda value: op(value, limit)

    def _condition(self, name: str) -> Callable[[Any, Any], bool]:
        text = self.text(f"{name}Condition")
        if text is None:
            return operator.gt
        if text not in _OPS:
            raise malformed(f"The value '{text}' is not valid for {name}Condition.")
        if self.text(name) is None:
            raise malformed(f"{name}Condition needs {name}.")
        return _OPS[text]

    def page(self, most: int) -> tuple[int, int]:
        """First row (from 0) and number of rows; larger pages are cut down silently (§7)."""
        number, size = self.whole("pageNumber"), self.whole("pageSize")
        if (number is not None and number < 1) or (size is not None and size < 1):
            raise malformed("pageNumber and pageSize are 1 or more.")
        rows = min(size or most, most)
        return ((number or 1) - 1) * rows, rows


def _shifted(test: Test, offset: timedelta) -> Test:
    return test if not offset else lambda value: test(value + offset)


def _as_moment(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
