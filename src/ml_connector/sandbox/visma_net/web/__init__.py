"""HTTP: addresses, queries, bodies, answers."""
