"""Bills, adjustments and payments, from entry to the ledger."""
