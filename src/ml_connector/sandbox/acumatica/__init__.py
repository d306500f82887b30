"""A rehearsal Acumatica: the contract-based REST API of one instance, its books and its people."""
