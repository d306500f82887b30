"""What people and programs read: tables or JSON on standard output, progress and reasons on standard error."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import msgspec

_WIDE = 100_000
_SECONDS_A_LINE = 3.0
json_wanted = False


def want_json() -> None:
    """From now on rows are printed as JSON."""
    global json_wanted
    json_wanted = True


def rows(items: Sequence[msgspec.Struct], columns: Mapping[str, str], empty: str) -> None:
    """All fields of each item as JSON, or the named fields (field → heading) as a table."""
    plain = [msgspec.to_builtins(item) for item in items]
    if json_wanted:
        json(plain)
    elif plain:
        table(columns.values(), [[cell(one[name]) for name in columns] for one in plain])
    else:
        print(empty)


def json(value: object) -> None:
    """One JSON document on standard output; amounts are strings, so that no digit is lost."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def one_id(identity: str) -> None:
    """The id of what was made, alone on its line, so that scripts can take it."""
    if json_wanted:
        json({"id": identity})
    else:
        print(identity)


def table(headings: Any, lines: Sequence[Sequence[str]]) -> None:
    """A table without frames, as wide as it needs to be: an id that is broken over two lines cannot be copied."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=_WIDE, highlight=False)
    drawn = Table(box=None, pad_edge=False, header_style="bold" if sys.stdout.isatty() else "")
    for heading in headings:
        drawn.add_column(str(heading))
    for line in lines:
        drawn.add_row(*(Text(text) for text in line))
    with console.capture() as drawing:
        console.print(drawn)
    sys.stdout.write("\n".join(line.rstrip() for line in drawing.get().splitlines()) + "\n")


def cell(value: object) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {text}" for name, text in value.items()) or "-"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value) or "-"
    return str(value)


def money(amounts: Mapping[str, Decimal]) -> str:
    """`1,234.50 USD`, several currencies apart by commas."""
    sums = sorted(amounts.items())
    return ", ".join(f"{_short(amount):,f} {currency or '(no currency)'}" for currency, amount in sums)


def _short(amount: Decimal) -> Decimal:
    """Stored amounts have six digits; people read two, or as many as are not zero."""
    places = max(-int(amount.normalize().as_tuple().exponent), 2)
    return amount.quantize(Decimal(1).scaleb(-places))


def say(text: str) -> None:
    """A sentence for people: on standard output, or aside where that holds JSON."""
    print(text, file=sys.stderr if json_wanted else sys.stdout)


def aside(text: str) -> None:
    """A sentence for people that is no part of the answer."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show that work goes on: a moving bar on a terminal, else a line now and then; nothing beside JSON."""
    if json_wanted:
        yield lambda text: None
    elif sys.stderr.isatty():
        yield from _bar(what)
    else:
        yield from _lines()


def _bar(what: str) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda text: bar.update(task, description=text)


def _lines() -> Iterator[Callable[[str], None]]:
    """A line at once, then at most one every few seconds, and the last one in the end."""
    told = held_back = ""
    next_line = 0.0

    def tell(text: str) -> None:
        nonlocal told, held_back, next_line
        held_back = text
        if text != told and time.monotonic() >= next_line:
            aside(text)
            told, next_line = text, time.monotonic() + _SECONDS_A_LINE

    yield tell
    if held_back != told:
        aside(held_back)


@contextmanager
def silenced() -> Iterator[None]:
    """Keep what libraries and their children print away from standard output: it holds answers only."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
