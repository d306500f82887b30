"""Runs sandboxes in a thread of the test process, on facts that the test gives."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ml_connector.sandbox.kit.process import Process
from ml_connector.sandbox.kit.vendor import Options, Vendor
from ml_connector.sandbox.month.facts import Month


def empty_month(seed: str = "empty") -> Month:
    """A company without a single record. Raises ValueError for seeds other than `empty`."""
    if seed != "empty":
        raise ValueError(f"no seed {seed!r}")
    return Month(
        company=9001,
        company_name="Empty Ltd",
        other_company=9002,
        currency="USD",
        vendors=(),
        cost_codes=(),
        cost_types=(),
        projects=(),
        commitments=(),
        requisitions=(),
        direct_costs=(),
        payments=(),
        accounts=(),
        subaccounts=(),
        tasks=(),
        periods=(),
    )


@contextmanager
def served(
    vendors: Sequence[type[Vendor]],
    build: Callable[[str], Month] = empty_month,
    seed: str = "empty",
    options: Options | None = None,
) -> Iterator[dict[str, dict[str, Any]]]:
    """The ready-file's content of a process that lives for the block."""
    process = Process(vendors, seed=seed, build=build, options=options)
    started = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    failures: list[Exception] = []

    async def main() -> None:
        loops.append((asyncio.get_running_loop(), asyncio.Event()))
        await process.run(loops[0][1], started.set)

    def body() -> None:
        try:
            asyncio.run(main())
        except Exception as error:  # raised below, in the test's own thread
            failures.append(error)
            started.set()

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    if not started.wait(10) or failures:
        raise RuntimeError("the sandbox did not start") from (failures[0] if failures else None)
    try:
        yield process.ready
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
