"""The hub as a Django app."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """One app holds all tables, so that foreign keys and migrations stay in one place."""

    name = "ml_connector.hub"
    label = "hub"
