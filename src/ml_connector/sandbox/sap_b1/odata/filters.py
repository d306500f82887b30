"""A $filter compiled to a test on rows; comparisons with null are unknown, as in the database."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from msgspec import Struct

from ml_connector.sandbox.sap_b1.edm import Property, Row
from ml_connector.sandbox.sap_b1.errors import bad_request, unsupported_query
from ml_connector.sandbox.sap_b1.odata.fields import Field, Fields
from ml_connector.sandbox.sap_b1.odata.lexer import Token, tokens
from ml_connector.sandbox.sap_b1.values import parsed

Test: TypeAlias = Callable[[Row], bool | None]
"""None: unknown."""

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_SEARCHES: Final[dict[str, Callable[[str, str], bool]]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}


class Equality(Struct, frozen=True):
    """`left eq right` between two fields, which must hold for the whole filter to hold; joins use it."""

    left: str
    right: str


class Filter(Struct, frozen=True):
    """The compiled expression."""

    test: Test
    equalities: tuple[Equality, ...] = ()

    def keeps(self, row: Row) -> bool:
        """Whether the row is one of the result."""
        return self.test(row) is True


class _Operand(Struct, frozen=True):
    """A field, a literal or null."""

    text: str
    field: Field | None = None
    literal: str | Decimal | None = None


def compile_filter(text: str, fields: Fields, *, exact: bool) -> Filter:
    """`exact`: texts are compared with case. Raises B1Error."""
    return _Parser(tokens(text), fields, exact).whole()


class _Parser:
    def __init__(self, found: list[Token], fields: Fields, exact: bool) -> None:
        self._tokens = found
        self._at = 0
        self._fields = fields
        self._exact = exact

    def whole(self) -> Filter:
        found = self._either()
        if self._now.kind != "end":
            raise unsupported_query()
        return found

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self, kind: str = "") -> Token:
        token = self._now
        if token.kind == "end" or (kind and token.kind != kind):
            raise unsupported_query()
        self._at += 1
        return token

    def _word(self, text: str) -> bool:
        if self._now.kind == "word" and self._now.text == text:
            self._at += 1
            return True
        return False

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Filter(_any([part.test for part in parts]))

    def _both(self) -> Filter:
        parts = [self._negation()]
        while self._word("and"):
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        return Filter(_all([part.test for part in parts]), tuple(one for part in parts for one in part.equalities))

    def _negation(self) -> Filter:
        if not self._word("not"):
            return self._condition()
        inner = self._negation().test
        return Filter(lambda row: None if (found := inner(row)) is None else not found)

    def _condition(self) -> Filter:
        if self._now.kind == "open":
            self._next()
            found = self._either()
            self._next("close")
            return found
        if self._now.kind == "word" and self._tokens[self._at + 1].kind == "open":
            return Filter(self._search())
        left = self._operand()
        sign = self._next("word").text
        if sign not in _COMPARISONS:
            raise unsupported_query()
        right = self._operand()
        if left.field is not None and right.field is not None and sign == "eq":
            return Filter(self._compare(left, sign, right), (Equality(left.text, right.text),))
        return Filter(self._compare(left, sign, right))

    def _operand(self) -> _Operand:
        token = self._next()
        if token.kind in ("string", "number"):
            return _Operand(token.text, literal=token.literal)
        if token.kind != "word":
            raise unsupported_query()
        if self._now.kind == "open":
            raise self._fields.unknown_function(token.text)
        if token.text == "null":
            return _Operand("null")
        return _Operand(token.text, self._fields.find(token.text))

    def _search(self) -> Test:
        name = self._next("word").text
        if name not in (*_SEARCHES, "substringof"):
            raise self._fields.unknown_function(name)
        self._next("open")
        first = self._operand()
        self._next("comma")
        second = self._operand()
        self._next("close")
        whole, piece = (second, first) if name == "substringof" else (first, second)
        if whole.field is None or not isinstance(piece.literal, str):
            raise unsupported_query()
        search = _SEARCHES.get(name, operator.contains)
        return self._searching(whole.field, search, piece.literal)

    def _searching(self, field: Field, search: Callable[[str, str], bool], piece: str) -> Test:
        wanted = piece if self._exact else piece.casefold()

        def test(row: Row) -> bool | None:
            value = field.read(row)
            if value is None:
                return None
            return search(str(value) if self._exact else str(value).casefold(), wanted)

        return test

    def _compare(self, left: _Operand, sign: str, right: _Operand) -> Test:
        if left.field is None:
            if right.field is None:
                raise unsupported_query()
            mirrored = sign.translate(str.maketrans("gl", "lg")) if sign in ("gt", "ge", "lt", "le") else sign
            return self._compare(right, mirrored, left)
        known, read = left.field.known, left.field.read
        if right.field is not None:
            other, read_other = right.field.known, right.field.read
            return _comparison(sign, self._reader(known, read), self._reader(other, read_other))
        if right.literal is None:
            if sign not in ("eq", "ne"):
                raise unsupported_query()
            return lambda row: (read(row) is None) == (sign == "eq")
        wanted = self._literal(known, right.literal)
        return _comparison(sign, self._reader(known, read), lambda _row: wanted)

    def _literal(self, known: Property, literal: str | Decimal) -> Any:
        value = parsed(known, literal)
        if value is None:
            # A whole number field compared with 1.5 is a number's comparison; nothing else is let through.
            if known.kind == "int" and isinstance(literal, Decimal):
                return literal
            raise bad_request(f"Invalid value '{literal}' of property '{known.name}'")
        return self._comparable(known, value)

    def _reader(self, known: Property, read: Callable[[Row], Any]) -> Callable[[Row], Any]:
        def comparable(row: Row) -> Any:
            value = read(row)
            return None if value is None else self._comparable(known, value)

        return comparable

    def _comparable(self, known: Property, value: Any) -> Any:
        """Of times only hours and minutes count; enums compare by their value in the database."""
        if known.kind == "string" and not self._exact:
            return value.casefold()
        if known.kind == "time":
            return value[:5]
        if known.enum is not None:
            return known.enum.members.get(value, value)
        return value


def _comparison(sign: str, left: Callable[[Row], Any], right: Callable[[Row], Any]) -> Test:
    compare = _COMPARISONS[sign]

    def test(row: Row) -> bool | None:
        a, b = left(row), right(row)
        if a is None or b is None:
            return None
        try:
            return compare(a, b)
        except TypeError as error:  # a text with a number, say
            raise unsupported_query() from error

    return test


def _any(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        found: bool | None = False
        for one in tests:
            result = one(row)
            if result:
                return True
            if result is None:
                found = None
        return found

    return test


def _all(tests: list[Test]) -> Test:
    def test(row: Row) -> bool | None:
        found: bool | None = True
        for one in tests:
            result = one(row)
            if result is False:
                return False
            if result is None:
                found = None
        return found

    return test
