"""Short ways to declare properties of one kind."""

from __future__ import annotations

from ml_connector.sandbox.sap_b1.edm import YES_NO, EntityType, Enum, Property, Row


def text(name: str, size: int | None = None, *, read_only: bool = False) -> Property:
    """A text of at most `size` characters."""
    return Property(name, "string", size, read_only)


def texts(names: str, size: int | None = None) -> tuple[Property, ...]:
    """Texts, their names with blanks between them."""
    return tuple(text(name, size) for name in names.split())


def whole(names: str, *, read_only: bool = False) -> tuple[Property, ...]:
    """Whole numbers."""
    return tuple(Property(name, "int", read_only=read_only) for name in names.split())


def numbers(names: str, *, read_only: bool = False) -> tuple[Property, ...]:
    """Numbers with decimals."""
    return tuple(Property(name, "number", read_only=read_only) for name in names.split())


def days(names: str, *, read_only: bool = False) -> tuple[Property, ...]:
    """Dates."""
    return tuple(Property(name, "date", read_only=read_only) for name in names.split())


def times(names: str) -> tuple[Property, ...]:
    """Times of day, which the server sets."""
    return tuple(Property(name, "time", read_only=True) for name in names.split())


def flags(names: str, *, read_only: bool = False) -> tuple[Property, ...]:
    """tYES or tNO."""
    return tuple(Property(name, "enum", enum=YES_NO, read_only=read_only) for name in names.split())


def choice(name: str, enum: Enum, *, read_only: bool = False) -> Property:
    """A member of an enumeration."""
    return Property(name, "enum", enum=enum, read_only=read_only)


def several(name: str, of: EntityType) -> Property:
    """A collection."""
    return Property(name, "collection", type=of)


def blank(of: EntityType) -> Row:
    """A record with nothing set."""
    return {one.name: [] if one.kind == "collection" else None for one in of.properties}
