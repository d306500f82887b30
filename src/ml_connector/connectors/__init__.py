"""One folder per vendor system, each with the same file names; only this package speaks HTTP to vendors."""
