"""Acumatica Cloud ERP, through its contract-based REST API."""
