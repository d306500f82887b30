"""A $filter compiled to a test on records; types are checked while compiling, as the server does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from msgspec import Struct

from ml_connector.sandbox.acumatica.contract import Kind
from ml_connector.sandbox.acumatica.odata.lexer import BadFilter, Token, tokens
from ml_connector.sandbox.acumatica.rows import Row, Value

Reader: TypeAlias = Callable[[Row], Value]
Test: TypeAlias = Callable[[Row], bool]

EDM: Final = {
    "text": "Edm.String",
    "amount": "Edm.Decimal",
    "flag": "Edm.Boolean",
    "time": "Edm.DateTimeOffset",
    "whole": "Edm.Int32",
    "short": "Edm.Int16",
    "long": "Edm.Int64",
    "guid": "Edm.Guid",
}
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_INTEGERS: Final = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64"})


class UnknownField(BadFilter):
    """The filter names a field that the entity does not have."""


class Leniency(Struct, frozen=True):
    """Where the vendor's behaviour is not certain (the switches of the same names)."""

    bare_decimals: bool = False
    exact_case: bool = False
    cross_view_and_is_empty: bool = False


class _Operand(Struct, frozen=True):
    edm: str
    read: Reader
    view: str = ""


class _Condition(Struct, frozen=True):
    test: Test
    views: frozenset[str]


def compile_filter(text: str, kind: Kind, kinds: dict[str, Kind], leniency: Leniency | None = None) -> Test:
    """The test that `text` puts on records of `kind`. Raises BadFilter, UnknownField."""
    parser = _Parser(tokens(text), kind, kinds, leniency or Leniency())
    return parser.whole().test


class _Parser:
    def __init__(self, found: list[Token], kind: Kind, kinds: dict[str, Kind], leniency: Leniency) -> None:
        self._tokens = found
        self._at = 0
        self._kind = kind
        self._kinds = kinds
        self._leniency = leniency

    def whole(self) -> _Condition:
        condition = self._either()
        if self._now.kind != "end":
            raise BadFilter(f"Syntax error at '{self._now.text}'.")
        return condition

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _expect(self, kind: str) -> Token:
        if self._now.kind != kind:
            raise BadFilter(f"Syntax error at '{self._now.text}': {kind} expected.")
        return self._next()

    def _word(self, text: str) -> bool:
        if self._now.kind == "word" and self._now.text == text:
            self._at += 1
            return True
        return False

    def _either(self) -> _Condition:
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        if len(parts) == 1:
            return parts[0]
        tests = [part.test for part in parts]
        return _Condition(lambda row: any(test(row) for test in tests), _views(parts))

    def _both(self) -> _Condition:
        parts = [self._negation()]
        while self._word("and"):
            parts.append(self._negation())
        if len(parts) == 1:
            return parts[0]
        views = _views(parts)
        if self._leniency.cross_view_and_is_empty and len(views) > 1:
            return _Condition(lambda _row: False, views)
        tests = [part.test for part in parts]
        return _Condition(lambda row: all(test(row) for test in tests), views)

    def _negation(self) -> _Condition:
        if self._word("not"):
            inner = self._negation()
            return _Condition(lambda row: not inner.test(row), inner.views)
        return self._comparison()

    def _comparison(self) -> _Condition:
        if self._now.kind == "open":
            self._next()
            condition = self._either()
            self._expect("close")
            return condition
        left = self._operand()
        if self._now.kind == "word" and self._now.text in _COMPARISONS:
            sign = self._next().text
            return self._compare(left, sign, self._operand())
        if left.edm != "Edm.Boolean":
            raise BadFilter(f"A Boolean expression is expected before '{self._now.text}'.")
        return _Condition(lambda row: left.read(row) is True, frozenset({left.view} - {""}))

    def _operand(self) -> _Operand:
        token = self._next()
        if token.kind == "literal":
            value = token.value
            return _Operand(token.edm, lambda _row: value)
        if token.kind != "word":
            raise BadFilter(f"Syntax error at '{token.text}'.")
        if self._now.kind == "open":
            return self._call(token.text)
        return self._field(token.text)

    def _field(self, path: str) -> _Operand:
        steps = path.split("/")
        kind = self._kind
        for step in steps[:-1]:
            if step in kind.details:
                raise BadFilter(f"Filtering on the detail entity '{step}' is not supported.")
            if step not in kind.linked:
                raise UnknownField(f"Could not find a property named '{step}' on type '{kind.name}'.")
            kind = self._kinds[kind.linked[step]]
        name = steps[-1]
        if name == "id" and len(steps) == 1:
            return _Operand("Edm.Guid", lambda row: row.id, "top")
        if name not in kind.fields:
            raise UnknownField(f"Could not find a property named '{name}' on type '{kind.name}'.")
        view = "/".join(steps[:-1]) or "top"
        return _Operand(EDM[kind.fields[name]], _reader(steps), view)

    def _call(self, name: str) -> _Operand:
        if name.startswith("cf."):
            return self._custom(name[3:])
        if name not in ("substringof", "startswith", "endswith"):
            raise BadFilter(f"An unknown function with name '{name}' was found.")
        self._expect("open")
        first = self._operand()
        self._expect("comma")
        second = self._operand()
        self._expect("close")
        for part in (first, second):
            if part.edm != "Edm.String":
                raise BadFilter(f"No function signature for the function with name '{name}' matches '{part.edm}'.")
        whole, piece = (second, first) if name == "substringof" else (first, second)
        return _Operand("Edm.Boolean", self._search(name, whole.read, piece.read), whole.view)

    def _search(self, name: str, whole: Reader, piece: Reader) -> Reader:
        def fold(value: Value) -> str:
            text = value if isinstance(value, str) else ""
            return text if self._leniency.exact_case else text.casefold()

        if name == "substringof":
            return lambda row: fold(piece(row)) in fold(whole(row))
        if name == "startswith":
            return lambda row: fold(whole(row)).startswith(fold(piece(row)))
        return lambda row: fold(whole(row)).endswith(fold(piece(row)))

    def _custom(self, edm_name: str) -> _Operand:
        self._expect("open")
        if self._expect("word").text != "f":
            raise BadFilter("A custom field is written as cf.Type(f='View.Field').")
        self._expect("equals")
        view, _, field = str(self._expect("literal").value).partition(".")
        self._expect("close")
        edm = "Edm." + {"Int": "Int32", "DateTime": "DateTimeOffset"}.get(edm_name, edm_name)
        return _Operand(edm, lambda row: row.beyond.get((view, field)), "top")

    def _compare(self, left: _Operand, sign: str, right: _Operand) -> _Condition:
        if not self._compatible(left.edm, right.edm):
            raise BadFilter(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{left.edm}' and '{right.edm}' for operator kind '{sign}'."
            )
        return _Condition(
            _comparison(left.read, sign, right.read, exact=self._leniency.exact_case),
            frozenset({left.view, right.view} - {""}),
        )

    def _compatible(self, left: str, right: str) -> bool:
        if left == right or "null" in (left, right):
            return True
        pair = {left, right}
        if pair <= _INTEGERS | {"Edm.Decimal"} or pair <= _INTEGERS | {"Edm.Double"}:
            return True
        return self._leniency.bare_decimals and pair == {"Edm.Decimal", "Edm.Double"}


def _views(parts: list[_Condition]) -> frozenset[str]:
    return frozenset().union(*(part.views for part in parts))


def _reader(steps: list[str]) -> Reader:
    name = steps[-1]
    if len(steps) == 1:
        return lambda row: row.values.get(name)

    def read(row: Row) -> Value:
        for step in steps[:-1]:
            if step not in row.linked:
                return None
            row = row.linked[step]
        return row.values.get(name)

    return read


def _comparison(left: Reader, sign: str, right: Reader, *, exact: bool) -> Test:
    compare = _COMPARISONS[sign]

    def test(row: Row) -> bool:
        a, b = _comparable(left(row), exact), _comparable(right(row), exact)
        if a is None or b is None:
            return (sign == "eq") == (a is b) if sign in ("eq", "ne") else False
        return compare(a, b)

    return test


def _comparable(value: Value, exact: bool) -> str | bool | int | Decimal | datetime | None:
    """What the database compares: text without trailing blanks and (unless exact) case, days as midnight UTC."""
    if isinstance(value, str):
        text = value.rstrip() if exact else value.rstrip().casefold()
        return text or None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value
