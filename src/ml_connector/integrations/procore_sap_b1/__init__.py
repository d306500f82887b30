"""Procore and SAP Business One: approved costs into the general ledger, by project and profit centre."""
