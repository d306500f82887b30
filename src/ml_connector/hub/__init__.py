"""The engine: it alone writes tables, and no vendor's name appears in it."""
