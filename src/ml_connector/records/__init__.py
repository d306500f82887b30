"""What moves between systems, in no vendor's words: frozen structs, money and dates, no I/O."""
