"""What granian's own process runs: it ends with its parent, logs as every process does, then serves."""

from __future__ import annotations

from ml_connector.cli import boot
from ml_connector.cli.serving import die_with_parent

die_with_parent()
boot.log(calls=False)

from ml_connector.hooks.wsgi import application  # noqa: E402

__all__ = ["application"]
