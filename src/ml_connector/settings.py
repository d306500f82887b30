"""Django's settings: two logins to one PostgreSQL, the hub's app, nothing that is not used."""

from __future__ import annotations

import os
import secrets

from ml_connector.hub import database

DATABASES = database.django_databases()
INSTALLED_APPS = ["procrastinate.contrib.django", "ml_connector.hub"]
ROOT_URLCONF = "ml_connector.hooks.urls"
ALLOWED_HOSTS = ["*"]
DEBUG = False
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or secrets.token_hex(32)
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = None
MIDDLEWARE: list[str] = []
LOGGING_CONFIG = None
