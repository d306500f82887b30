"""OData v3 as the contract API reads it (vendors/acumatica.md §6)."""
