"""Visma.net ERP: a company in memory behind its REST API (vendors/visma_net.md)."""
