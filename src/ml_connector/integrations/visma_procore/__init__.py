"""Visma.net ERP and Procore."""
