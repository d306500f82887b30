"""Acumatica and Procore: one module per flow, put together in `integration`."""
