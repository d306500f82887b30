"""What granian's own process runs: it ends with its parent, then serves the web application."""

from __future__ import annotations

from ml_connector.cli.serving import die_with_parent

die_with_parent()

from ml_connector.hooks.wsgi import application  # noqa: E402

__all__ = ["application"]
