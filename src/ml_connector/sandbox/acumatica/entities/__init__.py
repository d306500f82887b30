"""The rules of each entity."""
