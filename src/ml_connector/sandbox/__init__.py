"""Local stand-ins of the vendors' systems over HTTP, written from what their documentation says."""
