"""One module per pair of connectors: flows, mapping tables, posting rules."""
