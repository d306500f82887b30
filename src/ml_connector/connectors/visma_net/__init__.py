"""Visma.net ERP, through its REST API with service tokens."""
