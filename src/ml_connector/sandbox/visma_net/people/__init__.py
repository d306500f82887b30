"""What accountants do in the screens."""
