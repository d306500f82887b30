"""Procore: projects, subcontractor invoices and the master data around them."""
