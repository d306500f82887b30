"""Addresses that the web process serves."""

from __future__ import annotations

from django.urls import path

from ml_connector.hooks import views

urlpatterns = [
    path("hooks/<str:public_id>", views.receive),
    path("api/health", views.health),
]
