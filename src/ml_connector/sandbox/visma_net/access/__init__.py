"""Tokens, call windows, queued calls."""
