"""The webhook door."""
