"""The web process as granian loads it."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ml_connector.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
