"""Records a second, memory and calls of the engine at two sizes, beside a bare loop that makes the same vendor calls.

The sandboxes run on this machine too and answer releases at once, so that the engine is measured and not a vendor's
waiting; what they need for an answer is in both columns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from ml_connector.sandbox.run import running

_HERE = Path(__file__).parent
_POST_SECONDS = {2_000: 240.0, 20_000: 45.0}
"""How long each size may post; the larger one posts a part, since all of it would take a quarter of an hour."""


def measure(records: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hub and bare loop over sandboxes that hold `records` requisitions, one after the other."""
    with tempfile.TemporaryDirectory(prefix="ml-connector-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded database runs as a user of its own when this runs as root
        with running(["procore", "acumatica"], f"scale:{records}", rate_limits=False) as ready:
            file, bodies = folder / "ready.json", folder / "bodies.jsonl"
            file.write_text(json.dumps(ready))
            _switch(ready)
            hub = _run(folder, "engine.py", str(file), str(bodies), str(_POST_SECONDS[records]))
            control = ready["acumatica"]["control_url"]
            _tell(f"{control}/reset", {"seed": f"scale:{records}"})
            _switch(ready)
            return hub, _run(folder, "bare.py", str(file), str(bodies))


def _switch(ready: dict[str, Any]) -> None:
    _tell(f"{ready['acumatica']['control_url']}/switches", {"action_answer": "204"})


def _tell(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=120).close()


def _run(folder: Path, script: str, *arguments: str) -> dict[str, Any]:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["ML_CONNECTOR_DATA"] = str(data)
    ended = subprocess.run(
        [sys.executable, str(_HERE / script), *arguments], env=environment, stdout=subprocess.PIPE, check=True
    )
    return dict(json.loads(ended.stdout))


def show(records: int, hub: dict[str, Any], bare: dict[str, Any]) -> None:
    """One line per phase."""
    print(f"\n{records} requisitions")
    print(
        f"  {'':<24}{'records':>8}{'seconds':>9}{'per s':>8}{'calls':>8}{'per record':>12}{'MB':>6}{'bare per s':>12}"
    )
    for name, phase in hub.items():
        done = max(phase["records"], 1)
        beside = bare.get(name)
        print(
            f"  {name:<24}{phase['records']:>8}{phase['seconds']:>9.1f}{phase['records'] / phase['seconds']:>8.0f}"
            f"{phase['calls']:>8}{phase['calls'] / done:>12.3f}{phase['megabytes']:>6.0f}"
            + (f"{beside['records'] / beside['seconds']:>12.0f}" if beside else "")
        )
    posted = hub["post"]["records"]
    if posted < hub["read"]["records"]:
        print(f"  only {posted} were posted: the bench stops posting after {_POST_SECONDS[records]:.0f} s")


def main() -> None:
    """Both sizes; says whether memory grew with them."""
    started = time.monotonic()
    peaks = []
    for records in _POST_SECONDS:
        hub, bare = measure(records)
        show(records, hub, bare)
        peaks.append(max(phase["megabytes"] for phase in hub.values()))
    print("\nMB is the peak of the hub's process up to the phase's end.")
    print(f"From 2,000 to 20,000 requisitions the peak went from {peaks[0]:.0f} to {peaks[1]:.0f} MB.")
    print(f"The bench took {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    main()
