"""The seeded month of a contractor: one set of facts, from which each vendor's sandbox fills itself."""
