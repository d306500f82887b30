"""The way of a record: read → intake → translate → gate → deliver → confirm, one module each."""
