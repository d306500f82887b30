"""One process with several vendors: sockets, servers, webhook deliverers, the ready-file, a clean end."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.routing import Mount

from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.control import Control
from ml_connector.sandbox.kit.listener import Listener
from ml_connector.sandbox.kit.server import listen, server, url_of
from ml_connector.sandbox.kit.station import Station
from ml_connector.sandbox.kit.vendor import Options, Vendor
from ml_connector.sandbox.month.facts import Month

_PORTS_PER_VENDOR = 10


class Process:
    """`build` makes the facts of a seed name. `ready` is the ready-file's content once `run` serves."""

    def __init__(
        self,
        vendors: Sequence[type[Vendor]],
        *,
        seed: str,
        build: Callable[[str], Month],
        port_base: int = 0,
        options: Options | None = None,
    ) -> None:
        self._seed = seed
        self._build = build
        self._port_base = port_base
        self.clock = SandboxClock()
        self._stations = [Station(vendor(self.clock, options or Options())) for vendor in vendors]
        self.ready: dict[str, dict[str, Any]] = {}

    async def run(self, stop: asyncio.Event, started: Callable[[], None]) -> None:
        """Serve until `stop`; `started` is called when every listener answers. Raises OSError for a taken port."""
        month = self._build(self._seed)
        for station in self._stations:
            station.reset(month)
        control_socket = listen(self._port_base)
        control_app = Starlette(routes=[self._mount(station) for station in self._stations])
        serving = [(server(control_app), control_socket)]
        for place, station in enumerate(self._stations):
            serving += self._open(station, place, url_of(control_socket))
        tasks = [asyncio.create_task(one.serve([sock])) for one, sock in serving]
        background = [asyncio.create_task(station.vendor.deliveries.run()) for station in self._stations]
        while not all(one.started for one, _ in serving):
            await asyncio.sleep(0.005)
        started()
        await stop.wait()
        for one, _ in serving:
            one.should_exit = True
        for task in background:
            task.cancel()
        await asyncio.gather(*tasks)
        await asyncio.gather(*background, return_exceptions=True)

    def _open(self, station: Station, place: int, control: str) -> list[tuple[Any, Any]]:
        vendor, urls, opened = station.vendor, {}, []
        for number, name in enumerate(vendor.listeners):
            port = self._port_base and self._port_base + 1 + place * _PORTS_PER_VENDOR + number
            sock = listen(port)
            urls[name] = url_of(sock)
            opened.append((server(Listener(vendor, name, self.clock, station.faults, station.calls)), sock))
        self.ready[vendor.name] = {**vendor.ready(urls), "control_url": f"{control}/{vendor.name}"}
        return opened

    def _mount(self, station: Station) -> Mount:
        def reset(seed: str | None) -> None:
            month = self._build(seed or self._seed)
            self.clock.reset()
            station.reset(month)

        def restore(name: str) -> None:
            station.restore(name)
            self.clock.begin_at(station.kept[name].at)

        return Mount(f"/{station.vendor.name}", routes=Control(station, self.clock, reset, restore).routes())


def write_ready_file(path: Path, content: dict[str, dict[str, Any]]) -> None:
    """Whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=2))
    os.replace(temporary, path)
