"""The demo's rehearsals: each integration with the people and the judges of its month."""
