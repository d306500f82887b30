"""Procore's REST API in memory, after vendors/procore.md."""
