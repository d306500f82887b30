"""Addresses that the web process serves."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
